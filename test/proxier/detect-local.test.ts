// kube-proxy's detect-local modes, as the rules take them.
import t from 'tap';
import { detectLocalChooser } from '../../lib/proxier/detect-local.js';

const node = { podCIDRs: { IPv4: ['10.244.3.0/24'], IPv6: ['fd00:10:244:3::/64'] } };

t.test('what rules can take as it is, they get, whatever the Node says', async (t) => {
  for (const mode of [
    { kind: 'none' },
    { kind: 'interface', match: 'cbr0' },
    { kind: 'cidrs', cidrs: { IPv4: ['10.244.0.0/16'], IPv6: [] } },
  ] as const) {
    t.equal(detectLocalChooser(mode)(node), mode, mode.kind);
  }
});

t.test('node-cidrs follows the Node; the same object while it says the same', async (t) => {
  const choose = detectLocalChooser({ kind: 'node-cidrs' });
  const unknown = choose({ podCIDRs: { IPv4: [], IPv6: [] } });
  t.same(unknown, { kind: 'cidrs', cidrs: { IPv4: [], IPv6: [] } });
  const known = choose(node);
  t.same(known, { kind: 'cidrs', cidrs: node.podCIDRs });
  t.not(known, unknown);
  t.equal(choose({ podCIDRs: { IPv4: [...node.podCIDRs.IPv4], IPv6: [...node.podCIDRs.IPv6] } }), known);
});

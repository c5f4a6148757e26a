// The setting is one object, and the same one until something in it changes.
import t from 'tap';
import { unknownNode } from '../../lib/model/node-facts.js';
import { ruleSettingChooser } from '../../lib/proxier/rule-setting.js';
import { fakeClock } from '../support/fake-clock.js';
import { plainHost } from '../support/fake-edges.js';

const wanted = {
  nodePortAddresses: 'primary',
  localhostNodePorts: false,
  detectLocal: { kind: 'node-cidrs' },
  dropInvalid: true,
} as const;

t.test('follows the host and the Node', async (t) => {
  const choose = ruleSettingChooser({ clock: fakeClock() });
  const node = unknownNode('node-1');
  const first = choose(plainHost, node, wanted);
  t.same(first, {
    steering: { IPv4: { kind: 'redirect' }, IPv6: { kind: 'redirect' } },
    detectLocal: { kind: 'cidrs', cidrs: { IPv4: [], IPv6: [] } },
    nodePortAddresses: { IPv4: ['192.0.2.1'], IPv6: [] },
    localhostNodePorts: false,
    dropInvalid: true,
  });
  t.equal(choose({ ...plainHost }, { ...node }, { ...wanted }), first);
  const podCIDRs = { IPv4: ['10.244.0.0/24'], IPv6: [] };
  const known = choose(plainHost, { podCIDRs }, wanted);
  t.not(known, first);
  t.equal(known.nodePortAddresses, first.nodePortAddresses, 'what did not change in it is the same');
  const moved = choose({ ...plainHost, nodeAddress: { IPv4: '192.0.2.2' } }, { podCIDRs }, wanted);
  t.match(moved, { nodePortAddresses: { IPv4: ['192.0.2.2'] } });
  t.equal(moved.detectLocal, known.detectLocal);
});

t.test('follows what the administrator wants, each thing by itself', async (t) => {
  const choose = ruleSettingChooser({ clock: fakeClock() });
  const node = unknownNode('node-1');
  let last = choose(plainHost, node, wanted);
  for (const change of [
    { nodePortAddresses: 'all' },
    { localhostNodePorts: true },
    { detectLocal: { kind: 'interface', match: 'cali+' } },
    { dropInvalid: false },
  ] as const) {
    const next = choose(plainHost, node, { ...wanted, ...change });
    t.not(next, last);
    t.match(next, change);
    last = choose(plainHost, node, wanted);
    t.match(last, { nodePortAddresses: { IPv4: ['192.0.2.1'] }, localhostNodePorts: false });
  }
});

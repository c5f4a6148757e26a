// What is wrong with one portal.
import t from 'tap';
import type { ExplainedPortal, ExplainedServicePort, Walk } from '../../lib/explain/explanation.js';
import { portalVerdict } from '../../lib/explain/portal-verdict.js';
import { portalOf, portOf, walkOf, wayOf } from '../support/walk.js';

function ask(
  portal: Partial<ExplainedPortal>,
  port: Partial<ExplainedServicePort> = {},
  walk: Partial<Walk> = {},
) {
  const one = portOf(port);
  const [, verdict] = portalVerdict(portalOf(portal), one, walkOf([one], walk));
  return verdict;
}

const nodePort = { kind: 'nodePort', ip: '', port: 30_080 } as const;
const found = (['arriving', 'sent'] as const).map((hook) => {
  return { hook, jump: true, ways: [{ from: 'everybody', proxyPort: 40_000 }] } as const;
});
const [arriving, sent] = found;

t.test('nothing is wrong', async (t) => {
  t.same(portalVerdict(portalOf(), portOf(), walkOf([portOf()])), [0, { code: 'served', text: '' }]);
});

t.test('nodePorts that are taken, or offered nowhere', async (t) => {
  t.match(ask({ ...nodePort, isBlocked: true }), { code: 'nodeport-taken', next: /sport = :30080/ });
  t.match(ask({ ...nodePort, offeredAt: [] }), {
    code: 'nodeport-not-offered',
    text: /nodePort 30080: none of this node's IPv4 addresses is in --nodeport-addresses/,
  });
  t.match(ask({ ...nodePort, offeredAt: ['192.0.2.1'] }), { code: 'served' });
});

t.test('lost to another Service, known or not', async (t) => {
  t.match(ask({ ways: [], lostTo: 'a/b' }), { code: 'portal-lost', text: /belongs to a\/b\./ });
  t.match(ask({ ways: [] }), { code: 'portal-lost', text: /belongs to another Service\./ });
});

t.test('no listener, or one that is closed', async (t) => {
  const { proxyPort: _, ...way } = wayOf();
  const problems = ['the port range is used up'];
  t.match(ask({ ways: [way] }, { problems }), { code: 'no-listener', text: /: the port range is used up\./ });
  t.match(ask({ ways: [way] }, {}, { against: 'manifests' }), { code: 'served' }, 'manifests have none');
  const listeners = portOf().listeners.map((one) => ({ ...one, isOpen: false }));
  t.match(ask({}, { listeners }), { code: 'listener-closed', text: /proxy port 40000/ });
});

t.test('rules that are gone, for all or some of its clients', async (t) => {
  if (arriving === undefined || sent === undefined) throw new Error('both hooks');
  const none = { ...sent, ways: undefined };
  const rule = (state: ExplainedPortal['rule']['state'], list: ExplainedPortal['rule']['found']) => ({
    rule: { state, variant: 'nft', found: list },
  });
  t.match(ask(rule('missing', [{ ...arriving, ways: undefined }, none])).text, /no rule for it\.$/);
  t.match(ask(rule('missing', [arriving, none])).text, /no rule for it for what this host sends\.$/);
  t.match(ask(rule('missing', found)).text, /the rules for some of its clients only/);
  t.match(ask(rule('unreached', [{ ...arriving, jump: false }, sent])).text, /for what arrives \(the jump/);
  const stolen = { ...arriving, ways: [{ from: 'everybody', proxyPort: 7 }] } as const;
  t.match(ask(rule('elsewhere', [stolen, sent])).text, /its rule leads to port 7, and not/);
  t.match(ask(rule('missing', [arriving, none])).next, /iptables-nft-save -t nat \| grep '10\.96\.0\.1'/);
  t.match(ask({ ...nodePort, ...rule('missing', [none]) }).next, /grep 'dport 30080'/);
  const late = { process: { inSync: false } };
  t.match(
    ask(rule('missing', [none]), {}, late).next,
    /^The process is not in sync/,
    'then nobody else did it',
  );
});

t.test('who is in no source range', async (t) => {
  const kind = 'loadBalancer';
  const shut = { kind, isLetIn: false, sourceRanges: ['203.0.113.0/24'] } as const;
  t.match(ask(shut), { code: 'source-range', text: /lets only 203\.0\.113\.0\/24 in/ });
  t.match(ask({ ...shut, sourceRanges: [] }).text, /lets nobody in/);
  t.match(ask({ ...shut, isLetIn: null }), { code: 'served' }, 'it depends');
});

t.test('what some of its clients meet is said of them', async (t) => {
  const ways = [wayOf({ from: 'cluster' }), wayOf({ scope: 'Local', disposition: 'drop' })];
  t.match(ask({ ways }), { code: 'endpoints-elsewhere', text: /drops clients from outside the cluster: / });
});

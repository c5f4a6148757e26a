// Where rules lead that stand in the kernel, as a packet meets them.
import t from 'tap';
import { readLiveRules } from '../../lib/explain/live-rules.js';

const jump = (hook: string, chain: string) =>
  `-A ${hook} -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j ${chain}`;
const rule = (chain: string, port: number) =>
  `-A ${chain} -d 10.96.0.1/32 -p tcp -m comment --comment "default/web" -m tcp --dport 80 -j REDIRECT --to-ports ${port}`;
const portal = { kind: 'clusterIP', ip: '10.96.0.1', port: 80 } as const;

function find(...lines: readonly string[]) {
  const chains = ['CONTAINER', 'HOST', 'A0'].map((name) => `:KUBE-PORTALS-${name} - [0:0]`);
  const text = ['*nat', ...chains, ...lines, 'COMMIT', ''].join('\n');
  const rules = readLiveRules([{ variant: 'nft', ipFamily: 'IPv4', text }]);
  return rules.find(portal, 'TCP', 'IPv4')?.rules.map(({ hook, jump: met, ways }) => {
    return [hook, met, ways?.map(({ proxyPort }) => proxyPort)];
  });
}

const container = jump('PREROUTING', 'KUBE-PORTALS-CONTAINER');
const host = jump('OUTPUT', 'KUBE-PORTALS-HOST');
const toTree = (root: string) => `-A KUBE-PORTALS-${root} -d 10.96.0.0/16 -j KUBE-PORTALS-A0`;

t.test('in the root chains, and in a tree below them', async (t) => {
  const flat = find(container, host, rule('KUBE-PORTALS-CONTAINER', 7), rule('KUBE-PORTALS-HOST', 8));
  t.same(flat, [
    ['arriving', true, [7]],
    ['sent', true, [8]],
  ]);
  const tree = find(container, host, toTree('CONTAINER'), toTree('HOST'), rule('KUBE-PORTALS-A0', 7));
  t.same(tree, [
    ['arriving', true, [7]],
    ['sent', true, [7]],
  ]);
});

t.test('a rule that nothing leads to does not count', async (t) => {
  t.same(find(container, host, toTree('HOST'), rule('KUBE-PORTALS-A0', 7)), [
    ['arriving', true, undefined],
    ['sent', true, [7]],
  ]);
  t.same(find(host, toTree('CONTAINER'), toTree('HOST'), rule('KUBE-PORTALS-A0', 7)), [
    ['arriving', false, [7]],
    ['sent', true, [7]],
  ]);
});

t.test('chains that lead to each other end', async (t) => {
  t.same(find(container, host, toTree('HOST'), '-A KUBE-PORTALS-A0 -j KUBE-PORTALS-HOST')?.length, 2);
});

t.test('another family, or none, has no rules', async (t) => {
  t.equal(readLiveRules([]).find(portal, 'TCP', 'IPv4'), undefined);
});

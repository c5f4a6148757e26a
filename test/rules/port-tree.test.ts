// Rejecting a set of ports: exactly that set, in few rules.
import t from 'tap';
import { type ClosedPorts, portTree } from '../../lib/rules/port-tree.js';
import { walk } from '../states/walk.js';

const root = 'KUBE-PORTALS-DIRECT';
const reset = '-j REJECT --reject-with tcp-reset';

function refused(ports: readonly number[]): ClosedPorts {
  return { refuse: ports, drop: [] };
}

function reject(ports: readonly number[]) {
  return portTree(refused(ports), 'TCP', 'IPv4', root);
}

t.test('no ports, no rule', async (t) => {
  t.same(reject([]), { root: [], chains: new Map() });
});

t.test('few ports are one rule, and three or more in a row are a range', async (t) => {
  t.same(reject([80]).root, [`-p tcp -m multiport --dports 80 ${reset}`]);
  t.same(reject([80, 81, 90, 100, 101, 102]).root, [
    `-p tcp -m multiport --dports 80,81,90,100:102 ${reset}`,
  ]);
});

t.test('a whole range of proxy ports is one rule', async (t) => {
  const ports = Array.from({ length: 10_000 }, (_, index) => 30_000 + index);
  t.same(reject(ports), { root: [`-p tcp -m multiport --dports 30000:39999 ${reset}`], chains: new Map() });
});

t.test('what each protocol is told, in each family', async (t) => {
  const told = (protocol: 'TCP' | 'UDP' | 'SCTP', ipFamily: 'IPv4' | 'IPv6') =>
    portTree(refused([1]), protocol, ipFamily, root).root[0]?.split('--reject-with ')[1];
  t.equal(told('TCP', 'IPv6'), 'tcp-reset');
  t.equal(told('UDP', 'IPv4'), 'icmp-port-unreachable');
  t.equal(told('UDP', 'IPv6'), 'icmp6-port-unreachable');
  t.equal(told('SCTP', 'IPv4'), 'icmp-port-unreachable');
});

t.test('exactly the ports that were asked for are rejected, however they lie', async (t) => {
  const every = Array.from({ length: 65_535 }, (_, index) => index + 1);
  const sets = [
    every.filter((port) => port % 2 === 1),
    every.filter((port) => (port * 2_654_435_761) % 4_294_967_296 < 600_000_000),
    [1, 65_535, ...every.filter((port) => port > 4000 && port < 4100 && port % 3 > 0)].sort((a, b) => a - b),
  ];
  for (const ports of sets) {
    const { root: rules, chains } = reject(ports);
    const all = new Map([[root, rules], ...chains]);
    const wanted = new Set(ports);
    let wrong = 0;
    let longest = 0;
    for (let port = 1; port <= 65_535; port += 7) {
      const { verdict, rulesSeen } = walk(all, root, { ip: '127.0.0.1', port, protocol: 'tcp' });
      if ((verdict !== undefined) !== wanted.has(port)) wrong += 1;
      longest = Math.max(longest, rulesSeen);
    }
    t.equal(wrong, 0);
    t.ok(longest <= 29, `${longest} rules`);
    const numbersIn = (rule: string) => /--dports (\S+)/.exec(rule)?.[1]?.split(/[,:]/).length ?? 0;
    t.ok(Math.max(...[...chains.values()].flat().map(numbersIn)) <= 15, 'as many as multiport takes');
    t.same(
      [...chains.keys()].filter((name) => name.length > 28),
      [],
      'names fit',
    );
  }
});

t.test('one port more rewrites one short chain', async (t) => {
  const ports = Array.from({ length: 5000 }, (_, index) => 32_768 + ((index * 6_151) % 28_000)).sort(
    (a, b) => a - b,
  );
  const before = reject(ports.filter((_, index) => index !== 2500)).chains;
  const changed = [...reject(ports).chains].filter(
    ([name, rules]) => before.get(name)?.join() !== rules.join(),
  );
  t.ok(changed.length <= 2);
  t.ok(changed.flatMap(([, rules]) => rules).length <= 8);
});

t.test('ports to be refused and ports to be dropped share one tree', async (t) => {
  const few = portTree({ refuse: [2], drop: [1, 3] }, 'TCP', 'IPv4', root);
  t.same(few.root, [`-p tcp -m multiport --dports 2 ${reset}`, '-p tcp -m multiport --dports 1,3 -j DROP']);

  const verdicts = ['refuse', 'drop', undefined] as const;
  const verdictOf = (port: number) => verdicts[((port * 7) % 5) % 3];
  const all3000 = Array.from({ length: 3_000 }, (_, index) => 30_000 + index);
  const having = (verdict: 'refuse' | 'drop') => all3000.filter((port) => verdictOf(port) === verdict);
  const ports = { refuse: having('refuse'), drop: having('drop') };
  const { root: rules, chains } = portTree(ports, 'UDP', 'IPv6', root);
  const all = new Map([[root, rules], ...chains]);
  const expected = { refuse: 'REJECT --reject-with icmp6-port-unreachable', drop: 'DROP' };
  let wrong = 0;
  for (let port = 29_990; port < 33_010; port += 1) {
    const verdict = port < 30_000 || port >= 33_000 ? undefined : verdictOf(port);
    const found = walk(all, root, { ip: '::1', port, protocol: 'udp' }).verdict;
    if (found !== (verdict && expected[verdict])) wrong += 1;
  }
  t.equal(wrong, 0);
});

// What is read out of the kernel's, iptables' and Prometheus' texts.
import t from 'tap';
import { kibibytesIn, metricIn, ourRules, ticksIn } from '../../../bench/scale/proc-text.js';

t.test('memory and CPU of a process', async (t) => {
  const status = 'Name:\tnode\nVmHWM:\t   2048 kB\nVmRSS:\t   1024 kB\n';
  t.equal(kibibytesIn(status, 'VmRSS'), 1024);
  t.equal(kibibytesIn(status, 'VmHWM'), 2048);
  t.throws(() => kibibytesIn(status, 'VmSwap'), /VmSwap/);
  const stat = '7 (a) name) S 1 7 7 0 -1 4194560 100 200 3 4 11 22 33 44 20 0 11 0 5 6 7';
  t.equal(ticksIn(stat), 11 + 22 + 33 + 44);
});

t.test("a metric is the sum over its labels, and nobody else's", async (t) => {
  const text = '# TYPE a counter\na{x="1"} 2\na{x="2"} 3.5\nab 7\na_sum 9\n';
  t.equal(metricIn(text, 'a'), 5.5);
  t.equal(metricIn(text, 'a_sum'), 9);
  t.throws(() => metricIn(text, 'b'), /shows no b/);
});

t.test("rules and chains are counted, other people's are not", async (t) => {
  const saved = [
    '*nat',
    ':PREROUTING ACCEPT [0:0]',
    ':KUBE-PORTALS-HOST - [0:0]',
    ':KUBE-NODEPORT-HOST - [0:0]',
    ':KUBE-NODEPORTS - [0:0]',
    ':DOCKER - [0:0]',
    '-A PREROUTING -j KUBE-PORTALS-HOST',
    '-A PREROUTING -j DOCKER',
    '-A PREROUTING -m addrtype --dst-type LOCAL -j KUBE-NODEPORT-CONTAINER',
    '-A PREROUTING -j KUBE-NODEPORTS',
    '-A KUBE-PORTALS-HOST -d 10.96.0.1/32 -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 40001',
    'COMMIT',
  ].join('\n');
  t.same(ourRules(saved), { rules: 3, chains: 2 });
});

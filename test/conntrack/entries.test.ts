// What `conntrack -L` prints (1.4.7 on Linux 6), as entries.
import t from 'tap';
import { listConntrack, parseConntrack, parseConntrackLine } from '../../lib/conntrack/entries.js';
import { ExecError } from '../../lib/proxier/exec.js';

t.test('a redirected UDP flow shows the portal and the proxy port', async (t) => {
  const line =
    'udp      17 29 src=10.244.0.2 dst=10.96.0.1 sport=35793 dport=53 src=10.244.0.1 dst=10.244.0.2 sport=9000 dport=35793 mark=0 use=1';
  t.same(parseConntrackLine(line), {
    protocol: 'udp',
    original: { src: '10.244.0.2', dst: '10.96.0.1', sport: 35793, dport: 53 },
    reply: { src: '10.244.0.1', dst: '10.244.0.2', sport: 9000, dport: 35793 },
    flags: [],
  });
});

t.test('flags, counters, zones and a TCP state do not confuse it', async (t) => {
  const line =
    'tcp      6 431999 ESTABLISHED src=10.0.0.1 dst=10.0.0.2 sport=40000 dport=80 packets=5 bytes=300 [UNREPLIED] src=10.0.0.2 dst=10.0.0.1 sport=80 dport=40000 packets=4 bytes=200 [ASSURED] mark=0 zone=3 use=1';
  t.same(parseConntrackLine(line), {
    protocol: 'tcp',
    original: { src: '10.0.0.1', dst: '10.0.0.2', sport: 40000, dport: 80 },
    reply: { src: '10.0.0.2', dst: '10.0.0.1', sport: 80, dport: 40000 },
    flags: ['UNREPLIED', 'ASSURED'],
  });
});

t.test('an IPv6 flow reads the same way', async (t) => {
  const line =
    'udp 17 3 src=fd00::2 dst=fd00:10:96::1 sport=1 dport=2 src=fd00::9 dst=fd00::2 sport=3 dport=1';
  t.same(parseConntrackLine(line), {
    protocol: 'udp',
    original: { src: 'fd00::2', dst: 'fd00:10:96::1', sport: 1, dport: 2 },
    reply: { src: 'fd00::9', dst: 'fd00::2', sport: 3, dport: 1 },
    flags: [],
  });
});

t.test('what has no ports, or is no flow, is left out', async (t) => {
  const text = [
    'icmp     1 29 src=10.0.0.1 dst=10.0.0.2 type=8 code=0 id=3 src=10.0.0.2 dst=10.0.0.1 type=0 code=0 id=3 mark=0 use=1',
    'conntrack v1.4.7 (conntrack-tools): 1 flow entries have been shown.',
    '',
  ].join('\n');
  t.same(parseConntrack(text), []);
});

t.test('a listing that fails says what was run and why', async (t) => {
  const refuse = async () => ({
    status: 1,
    stdout: '',
    stderr: 'conntrack v1.4.7 (conntrack-tools): Operation failed: Operation not permitted\n',
  });
  await t.rejects(listConntrack(refuse, 'udp', 'IPv6'), {
    name: 'ConntrackError',
    message: /conntrack -L -p udp -f ipv6: .*not permitted/,
  });
});

t.test('a missing tool is the caller’s to handle', async (t) => {
  const missing = async () => {
    throw new ExecError('missing', 'run conntrack: ENOENT');
  };
  await t.rejects(listConntrack(missing, 'tcp', 'IPv4'), { name: 'ExecError', reason: 'missing' });
});

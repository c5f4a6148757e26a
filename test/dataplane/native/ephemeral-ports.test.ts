// Which ports the kernel may give to a dial, as /proc tells it; and a dial that got the very port it goes to.
import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import {
  everyPort,
  parsePortRange,
  readEphemeralPorts,
} from '../../../lib/dataplane/native/ephemeral-ports.js';

t.test('the range is read from the root of /proc that is given', async (t) => {
  const root = t.testdir({});
  t.same(readEphemeralPorts(root), everyPort, 'every port where it can not be read');
  await mkdir(join(root, 'sys/net/ipv4'), { recursive: true });
  await writeFile(join(root, 'sys/net/ipv4/ip_local_port_range'), '32768\t60999\n');
  t.same(readEphemeralPorts(root), { first: 32_768, last: 60_999 });
});

t.test('what is no range means every port', async (t) => {
  for (const text of ['', '32768', 'a b', '1 2 3']) t.same(parsePortRange(text), everyPort, text);
});

t.test('this machine has a range', async (t) => {
  const { first, last } = readEphemeralPorts('/proc');
  t.ok(first >= 1 && first <= last && last <= 65_535, `${first} to ${last}`);
});

t.test('a dial that was connected to itself has failed', async (t) => {
  const program = new URL('../linux/self-connect-program.js', import.meta.url).pathname;
  // In a namespace with one port for all dials, which is the endpoint's: the kernel has no other choice.
  const script = `ip link set lo up && sysctl -qw net.ipv4.ip_local_port_range='7777 7777' && exec "$0" "$@"`;
  const argv = ['-Urn', 'sh', '-c', script, process.execPath, program, '7777'];
  const child = spawn('unshare', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  let output = '';
  for await (const piece of child.stdout) output += String(piece);
  t.same(JSON.parse(output), { end: 'ECONNRESET', failed: { dial: 1 }, reason: 'connected to itself' });
});

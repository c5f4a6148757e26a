// What `ip -j` says (iproute2 6.1), as links and a source address.
import t from 'tap';
import { defaultSource, listLinks } from '../../lib/host/links.js';
import type { Exec } from '../../lib/proxier/exec.js';

const says =
  (stdout: string, status = 0, stderr = ''): Exec =>
  async () => ({ status, stdout, stderr });

const addressShow = JSON.stringify([
  {
    ifindex: 1,
    ifname: 'lo',
    flags: ['LOOPBACK', 'UP', 'LOWER_UP'],
    operstate: 'UNKNOWN',
    addr_info: [
      { family: 'inet', local: '127.0.0.1', prefixlen: 8, scope: 'host', passing: false },
      { family: 'inet6', local: '::1', prefixlen: 128, scope: 'host', passing: false },
    ],
  },
  {
    ifindex: 2,
    ifname: 'eth0',
    flags: ['BROADCAST', 'MULTICAST', 'UP', 'LOWER_UP'],
    addr_info: [
      { family: 'inet', local: '10.0.0.5', prefixlen: 24, scope: 'global' },
      { family: 'inet6', local: 'fe80::1', prefixlen: 64, scope: 'link' },
    ],
  },
  { ifindex: 3, ifname: 'veth1', flags: ['BROADCAST', 'UP'], master: 'br0', addr_info: [] },
  { ifindex: 4, ifname: 'tun0', flags: ['POINTOPOINT', 'NOARP'], addr_info: [{}] },
]);

t.test('links come with their state, their master and their addresses', async (t) => {
  t.same(await listLinks(says(addressShow)), [
    {
      name: 'lo',
      up: true,
      loopback: true,
      enslaved: false,
      addresses: [
        { ipFamily: 'IPv4', ip: '127.0.0.1', scope: 'host', passing: false },
        { ipFamily: 'IPv6', ip: '::1', scope: 'host', passing: false },
      ],
    },
    {
      name: 'eth0',
      up: true,
      loopback: false,
      enslaved: false,
      addresses: [
        { ipFamily: 'IPv4', ip: '10.0.0.5', scope: 'global', passing: false },
        { ipFamily: 'IPv6', ip: 'fe80::1', scope: 'link', passing: false },
      ],
    },
    { name: 'veth1', up: true, loopback: false, enslaved: true, addresses: [] },
    { name: 'tun0', up: false, loopback: false, enslaved: false, addresses: [] },
  ]);
});

t.test('the source address of the default route is the kernel’s answer', async (t) => {
  const answer = JSON.stringify([
    { dst: '192.0.2.1', gateway: '10.0.0.1', dev: 'eth0', prefsrc: '10.0.0.5' },
  ]);
  t.equal(await defaultSource(says(answer), 'IPv4'), '10.0.0.5');
});

t.test('no route is no source address', async (t) => {
  t.equal(await defaultSource(says('', 2, 'RTNETLINK answers: Network is unreachable\n'), 'IPv6'), undefined);
});

t.test('an ip that knows no -j is an error that shows what it said', async (t) => {
  await t.rejects(listLinks(says('', 1, 'ip: invalid option -- j')), {
    name: 'IpToolError',
    message: 'ip -j address show: ip: invalid option -- j',
  });
  await t.rejects(listLinks(says('1: lo: <LOOPBACK>')), { name: 'IpToolError', message: /no JSON: 1: lo/ });
});

t.test('an IPv6 address that will not last is marked', async (t) => {
  const answer = JSON.stringify([
    {
      ifname: 'eth0',
      flags: ['UP'],
      addr_info: [
        { family: 'inet6', local: 'fd00::5', scope: 'global' },
        { family: 'inet6', local: 'fd00::6', scope: 'global', deprecated: true },
        { family: 'inet6', local: 'fd00::7', scope: 'global', temporary: true },
      ],
    },
  ]);
  const [link] = await listLinks(async () => ({ status: 0, stdout: answer, stderr: '' }));
  t.same(
    link?.addresses.map(({ ip, passing }) => [ip, passing]),
    [
      ['fd00::5', false],
      ['fd00::6', true],
      ['fd00::7', true],
    ],
  );
});

// Ports of slices and subsets, and their product with the addresses.
import t from 'tap';
import { endpointGroups, endpointPortsOf } from '../../lib/model/endpoint-groups.js';

function portsOf(value: unknown): readonly string[] {
  const problems: string[] = [];
  const ports = endpointPortsOf(value, 'ports', (field, message) => problems.push(`${field}: ${message}`));
  return [...ports.map(({ name, port, protocol }) => `${name}/${port}/${protocol}`), ...problems];
}

t.test('ports are read one by one', async (t) => {
  const table: readonly [unknown, string][] = [
    [{ name: 'http', port: 80, protocol: 'TCP' }, 'http/80/TCP'],
    [{ port: 80 }, '/80/TCP'],
    [{ name: null, port: 80, protocol: null }, '/80/TCP'],
    [{ name: 'p' }, 'ports[0].port: nothing is not an integer from 1 to 65535'],
    [{ name: 'p', port: null }, 'ports[0].port: nothing is not an integer from 1 to 65535'],
    [{ name: 'p', port: 0 }, 'ports[0].port: 0 is not an integer from 1 to 65535'],
    [{ name: 'p', port: -1 }, 'ports[0].port: -1 is not an integer from 1 to 65535'],
    [{ name: 'p', port: '80' }, 'ports[0].port: "80" is not an integer from 1 to 65535'],
    [{ name: 80, port: 80 }, 'ports[0].name: 80 is not a port name'],
    [{ port: 80, protocol: 'ICMP' }, 'ports[0].protocol: "ICMP" is not TCP, UDP or SCTP'],
    [null, 'ports[0].port: nothing is not an integer from 1 to 65535'],
  ];
  for (const [port, expected] of table) t.same(portsOf([port]), [expected], JSON.stringify(port));
});

t.test('wrong ports are left out and the order of the others stays', async (t) => {
  t.same(
    portsOf([
      { name: 'a', port: 1 },
      { name: 'b', port: 0 },
      { name: 'c', port: 3 },
    ]),
    ['a/1/TCP', 'c/3/TCP', 'ports[1].port: 0 is not an integer from 1 to 65535'],
  );
});

t.test('every port has a group with every member, and no members make no groups', async (t) => {
  const ports = [
    { name: 'a', protocol: 'TCP', port: 1 },
    { name: 'b', protocol: 'UDP', port: 2 },
  ] as const;
  const members = ['10.0.0.1', '10.0.0.2'].map((ip) => ({
    ip,
    ready: true,
    serving: true,
    terminating: false,
  }));
  const groups = endpointGroups('IPv4', ports, members);
  t.same(
    groups.map(({ portName, endpoints }) => [portName, endpoints.map(({ ip, port }) => `${ip}:${port}`)]),
    [
      ['a', ['10.0.0.1:1', '10.0.0.2:1']],
      ['b', ['10.0.0.1:2', '10.0.0.2:2']],
    ],
  );
  t.same(endpointGroups('IPv4', ports, []), []);
});

// NodePorts and health check nodePorts are nobody's proxy ports.
import t from 'tap';
import { reservedPorts } from '../../lib/proxier/reserved-ports.js';
import { servicePort } from '../support/service-port.js';

t.test('by protocol and family; a health check listens on TCP of both', async (t) => {
  const all = [
    servicePort({ name: { name: 'a' }, nodePort: 30_001 }),
    servicePort({
      name: { name: 'b', protocol: 'UDP' },
      ipFamily: 'IPv6',
      nodePort: 30_002,
      healthCheckNodePort: 30_003,
    }),
    servicePort({ name: { name: 'c' } }),
  ];
  const reserved = reservedPorts(new Map(all.map((one) => [one.key, one])), [{ pool: 'TCP/IPv4', port: 7 }]);
  t.same(
    [...reserved].map(([pool, ports]) => [pool, [...ports]]),
    [
      ['TCP/IPv4', [30_001, 30_003, 7]],
      ['UDP/IPv6', [30_002]],
      ['TCP/IPv6', [30_003]],
    ],
  );
});

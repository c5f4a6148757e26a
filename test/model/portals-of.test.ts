// The portals that a ServicePort asks for.
import t from 'tap';
import { formatPortalAddress, portalsOf } from '../../lib/model/portals-of.js';
import { type ServicePortWish, servicePort } from '../support/service-port.js';

t.test('the clusterIP first, each address once', async (t) => {
  const table: readonly [ServicePortWish, readonly string[]][] = [
    [{}, ['clusterIP 10.96.0.1 80']],
    [{ nodePort: 30080 }, ['clusterIP 10.96.0.1 80', 'nodePort  30080']],
    [
      { externalIPs: ['192.0.2.1'], loadBalancerIPs: ['192.0.2.9', '192.0.2.8'], nodePort: 30080 },
      [
        'clusterIP 10.96.0.1 80',
        'loadBalancer 192.0.2.9 80',
        'loadBalancer 192.0.2.8 80',
        'externalIP 192.0.2.1 80',
        'nodePort  30080',
      ],
    ],
    [
      { externalIPs: ['192.0.2.9', '10.96.0.1'], loadBalancerIPs: ['192.0.2.9'] },
      ['clusterIP 10.96.0.1 80', 'loadBalancer 192.0.2.9 80'],
    ],
  ];
  for (const [wish, expected] of table) {
    const told = portalsOf(servicePort(wish)).map(({ kind, ip, port }) => `${kind} ${ip} ${port}`);
    t.same(told, expected, JSON.stringify(wish));
  }
});

t.test('a portal is told by address, port and protocol, a node port by its family', async (t) => {
  const v4 = servicePort({ name: { protocol: 'UDP' } });
  const v6 = servicePort({ ipFamily: 'IPv6' });
  const nodePort = { kind: 'nodePort', ip: '', port: 30080 } as const;
  t.equal(formatPortalAddress({ kind: 'externalIP', ip: '192.0.2.1', port: 53 }, v4), '192.0.2.1:53/UDP');
  t.equal(formatPortalAddress({ kind: 'clusterIP', ip: 'fd00::1', port: 80 }, v6), '[fd00::1]:80/TCP');
  t.equal(formatPortalAddress(nodePort, v4), 'node port 30080/UDP of IPv4');
  t.equal(formatPortalAddress(nodePort, v6), 'node port 30080/TCP of IPv6');
});

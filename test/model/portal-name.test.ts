// How portals are named.
import t from 'tap';
import { clusterPortal, formatPortal } from '../../lib/model/portal-name.js';
import { servicePortsOf } from '../../lib/model/service-ports.js';
import { service } from '../support/objects.js';

t.test('address, port and protocol make a portal', async (t) => {
  t.equal(formatPortal('10.96.0.10', 53, 'UDP'), '10.96.0.10:53/UDP');
  t.equal(formatPortal('fd00::a', 53, 'TCP'), '[fd00::a]:53/TCP');
  const [servicePort] = servicePortsOf(service('web', '10.96.0.1')).servicePorts;
  t.equal(servicePort && clusterPortal(servicePort), '10.96.0.1:80/TCP');
});

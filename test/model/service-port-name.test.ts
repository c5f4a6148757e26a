// kube-proxy's spelling of a ServicePortName, and our key with protocol and family.
import t from 'tap';
import { formatServicePortName, servicePortKey } from '../../lib/model/service-port-name.js';

t.test('the port is named where it has a name; protocol and family make keys differ', async (t) => {
  const dns = { namespace: 'kube-system', name: 'dns', port: 'dns', protocol: 'UDP' } as const;
  t.equal(formatServicePortName(dns), 'kube-system/dns:dns');
  t.equal(formatServicePortName({ ...dns, port: '' }), 'kube-system/dns');
  t.equal(servicePortKey(dns, 'IPv4'), 'kube-system/dns:dns/UDP/IPv4');
  t.not(servicePortKey(dns, 'IPv4'), servicePortKey({ ...dns, protocol: 'TCP' }, 'IPv4'));
  t.not(servicePortKey(dns, 'IPv4'), servicePortKey(dns, 'IPv6'));
});

// A ServicePort for tests, with only what a test wants to say; default/web, 10.96.0.1:80/TCP otherwise.
import type { ServicePort } from '../../lib/model/service-port.js';
import { type ServicePortName, servicePortKey } from '../../lib/model/service-port-name.js';

export type ServicePortWish = Partial<Omit<ServicePort, 'key' | 'name'>> & {
  readonly name?: Partial<ServicePortName>;
};

export function servicePort(wish: ServicePortWish = {}): ServicePort {
  const name: ServicePortName = {
    namespace: 'default',
    name: 'web',
    port: '',
    protocol: 'TCP',
    ...wish.name,
  };
  const ipFamily = wish.ipFamily ?? 'IPv4';
  return {
    clusterIP: ipFamily === 'IPv4' ? '10.96.0.1' : 'fd00:96::1',
    port: 80,
    internalPolicy: 'Cluster',
    externalPolicy: 'Cluster',
    ...wish,
    ipFamily,
    name,
    key: servicePortKey(name, ipFamily),
  };
}

// Which Services have a healthCheckNodePort, how many endpoints they have here, and kube-proxy's very words.
import t from 'tap';
import {
  healthCheckAnswer,
  healthCheckServices,
  localEndpoints,
} from '../../lib/http/health-check-service.js';
import type { Endpoint, UsableEndpoints } from '../../lib/model/endpoint.js';
import type { ServicePort } from '../../lib/model/service-port.js';
import { noEndpoints } from '../../lib/model/usable-endpoints.js';
import { servicePort } from '../support/service-port.js';

const lb = { externalPolicy: 'Local', healthCheckNodePort: 30_500, nodePort: 30_080 } as const;
const http = servicePort({ ...lb, name: { port: 'http' } });
const https = servicePort({ ...lb, name: { port: 'https' }, port: 443 });
const http6 = servicePort({ ...lb, name: { port: 'http' }, ipFamily: 'IPv6' });
const plain = servicePort({ name: { name: 'plain' } });

const mapOf = (...all: readonly ServicePort[]) => new Map(all.map((one) => [one.key, one]));

const local = (...ips: readonly string[]): UsableEndpoints => ({
  ...noEndpoints,
  Local: ips.map((ip): Endpoint => ({ ip, port: 80, ready: true, serving: true, terminating: false })),
  localReady: ips.length,
});

t.test('a Service has one, whatever the number of its ports and families', async (t) => {
  const keys = [http.key, https.key, http6.key];
  t.strictSame(
    [...healthCheckServices(mapOf(http, https, plain, http6))],
    [['default/web', { namespace: 'default', name: 'web', port: 30_500, keys }]],
  );
});

t.test('pods are counted, not what they serve: once for all ports, once for both families', async (t) => {
  const servicePorts = mapOf(http, https, http6);
  const count = (endpoints: readonly (readonly [ServicePort, UsableEndpoints])[]): number =>
    localEndpoints(
      { keys: [...servicePorts.keys()] },
      { servicePorts, endpoints: new Map(endpoints.map(([{ key }, usable]) => [key, usable])) },
    );
  t.equal(count([]), 0);
  t.equal(count([[http, local('10.0.0.1', '10.0.0.2')]]), 2);
  t.equal(
    count([
      [http, local('10.0.0.1', '10.0.0.2')],
      [https, local('10.0.0.2', '10.0.0.3')],
      [http6, local('fd00::1', 'fd00::2')],
    ]),
    3,
  );
  t.equal(count([[http, { ...local('10.0.0.1'), localReady: 0 }]]), 0, 'only terminating ones');
  t.equal(count([[http, { ...noEndpoints, localReady: 4 }]]), 4, 'no portal for them yet');
});

t.test('the answer is 200 with endpoints and a healthy proxy, and else 503', async (t) => {
  const web = { namespace: 'default', name: 'web' };
  t.strictSame(healthCheckAnswer(web, 2, true), {
    code: 200,
    headers: {
      'Content-Type': 'application/json',
      'X-Content-Type-Options': 'nosniff',
      'X-Load-Balancing-Endpoint-Weight': '2',
    },
    body: `{
\t"service": {
\t\t"namespace": "default",
\t\t"name": "web"
\t},
\t"localEndpoints": 2,
\t"serviceProxyHealthy": true
}`,
  });
  t.equal(healthCheckAnswer(web, 0, true).code, 503);
  t.match(healthCheckAnswer(web, 2, false), { code: 503, body: /"serviceProxyHealthy": false\n/ });
});

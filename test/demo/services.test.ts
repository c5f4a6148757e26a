// What the scenes speak of is what the manifests in examples/demo say.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { parseAllDocuments } from 'yaml';
import { allServices, clock, serviceUrl, signal, spareIp, web } from '../../lib/demo/services.js';

for (const service of allServices) {
  t.test(`${service.file} says what the demo knows of ${service.name}`, async (t) => {
    const text = readFileSync(join('examples/demo', service.file), 'utf8');
    const [manifest, slice] = parseAllDocuments(text).map((document) => document.toJS());
    const portName = service.servicePortName.split(':')[1];
    t.match(manifest, {
      kind: 'Service',
      metadata: { name: service.name },
      spec: { clusterIP: service.clusterIp, ports: [{ name: portName, port: service.port }] },
    });
    t.match(slice, {
      kind: 'EndpointSlice',
      metadata: { labels: { 'kubernetes.io/service-name': service.name } },
      ports: [{ name: portName, port: service.endpointPort }],
      endpoints: service.endpointIps.map((ip) => ({ addresses: [ip] })),
    });
    t.equal(manifest.spec.ports[0].protocol ?? 'TCP', service.protocol);
    t.equal(slice.endpoints.length, service.endpointIps.length);
    t.notOk(service.endpointIps.includes(spareIp));
  });
}

t.test('a Service is asked at a URL', async (t) => {
  t.equal(serviceUrl(web), 'http://10.96.0.80');
  t.equal(serviceUrl({ ...web, port: 8080 }), 'http://10.96.0.80:8080');
  t.equal(serviceUrl(clock), 'udp://10.96.0.37:37');
  t.equal(serviceUrl(signal), 'sctp://10.96.0.38:38412');
});

// What one pass looks at: the ServicePorts that changed, and no other.
import t from 'tap';
import type { Endpoint } from '../../lib/model/endpoint.js';
import type { ServicePort } from '../../lib/model/service-port.js';
import { type ConvertedService, servicePortsOf } from '../../lib/model/service-ports.js';
import { createSnapshotBuilder } from '../../lib/model/snapshot-builder.js';
import { service } from '../support/objects.js';

function converted(name: string, clusterIP: string): ConvertedService {
  return servicePortsOf(service(name, clusterIP));
}

t.test('endpoints are looked up for changed ServicePorts only', async (t) => {
  const asked: string[] = [];
  const endpoint: Endpoint = { ip: '10.0.0.1', port: 80, ready: true, serving: true, terminating: false };
  const builder = createSnapshotBuilder(({ key }: ServicePort, previous) => {
    asked.push(key);
    return previous.length > 0 ? previous : [endpoint];
  });
  const [a, b] = [converted('a', '10.96.0.1'), converted('b', '10.96.0.2')];
  const added = new Map([
    ['Service default/a', { previous: undefined, current: a }],
    ['Service default/b', { previous: undefined, current: b }],
  ]);
  const first = builder.build({ services: added, endpointsOf: [], problems: [] });
  t.same(asked.splice(0), ['default/a/TCP/IPv4', 'default/b/TCP/IPv4']);
  const second = builder.build({ services: new Map(), endpointsOf: b.servicePorts, problems: [] });
  t.same(asked.splice(0), ['default/b/TCP/IPv4']);
  t.equal(second, first, 'and since they are the same ones, so is the snapshot');
  builder.build({ services: new Map(), endpointsOf: [], problems: [['x', []]] });
  t.same(asked, []);
});

t.test('a ServicePort that goes is not looked up, even if its endpoints changed as well', async (t) => {
  const asked: string[] = [];
  const builder = createSnapshotBuilder(({ key }) => {
    asked.push(key);
    return [];
  });
  const a = converted('a', '10.96.0.1');
  builder.build({
    services: new Map([['Service default/a', { previous: undefined, current: a }]]),
    endpointsOf: [],
    problems: [],
  });
  asked.length = 0;
  const snapshot = builder.build({
    services: new Map([['Service default/a', { previous: a, current: undefined }]]),
    endpointsOf: a.servicePorts,
    problems: [],
  });
  t.same(asked, []);
  t.equal(snapshot.servicePorts.size, 0);
});

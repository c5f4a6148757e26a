// Of all endpoints only those are looked at that are new, or may have become ours since.
import t from 'tap';
import type { Endpoint, UsableEndpoints } from '../../lib/model/endpoint.js';
import { createModel } from '../../lib/model/model.js';
import { noEndpoints } from '../../lib/model/usable-endpoints.js';
import { suspectFinder } from '../../lib/proxier/suspects.js';
import { usableOf } from '../support/held.js';
import { service, slice } from '../support/objects.js';

const noAddresses: ReadonlySet<string> = new Set();

function ips(found: ReadonlyMap<string, readonly Endpoint[]>): Record<string, readonly string[]> {
  return Object.fromEntries([...found].map(([key, endpoints]) => [key, endpoints.map(({ ip }) => ip)]));
}

t.test('clusterIPs, addresses of this host and loopback are suspect, whenever they come to be', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  const finder = suspectFinder();
  model.upsert(service('a', '10.96.0.1'));
  model.upsert(slice('a', ['10.244.0.1', '10.96.0.2', '192.168.0.1', '127.0.0.1', '10.96.0.1']));
  const find = (local = noAddresses) => ips(finder.find(model.takeSnapshot().snapshot, local));
  t.same(find(), { 'default/a/TCP/IPv4': ['127.0.0.1', '10.96.0.1'] });
  model.upsert(service('b', '10.96.0.2'));
  t.same(find(), { 'default/a/TCP/IPv4': ['10.96.0.2', '127.0.0.1', '10.96.0.1'] }, 'a Service came');
  const local = new Set(['192.168.0.1']);
  t.same(find(local)['default/a/TCP/IPv4']?.length, 4, 'this host got an address');
  model.upsert(slice('b', ['10.96.0.1', '10.244.0.9']));
  t.same(find(local)['default/b/TCP/IPv4'], ['10.96.0.1'], 'endpoints changed');
  model.remove({ kind: 'EndpointSlice', namespace: 'default', name: 'a-1' });
  t.same(Object.keys(find(local)), ['default/b/TCP/IPv4'], 'endpoints left');
});

t.test('so are addresses of all other portals', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  const finder = suspectFinder();
  model.upsert(slice('a', ['203.0.113.1', '203.0.113.2', '203.0.113.3']));
  model.upsert(service('a', '10.96.0.1'));
  const find = () => ips(finder.find(model.takeSnapshot().snapshot, noAddresses))['default/a/TCP/IPv4'];
  t.same(find(), undefined);
  model.upsert(service('b', '10.96.0.2', { spec: { externalIPs: ['203.0.113.1'] } }));
  t.same(find(), ['203.0.113.1']);
  const loadBalancer = { ingress: [{ ip: '203.0.113.2' }] };
  const object = service('b', '10.96.0.2', { spec: { type: 'LoadBalancer', externalIPs: ['203.0.113.1'] } });
  model.upsert({ ...object, status: { loadBalancer } });
  t.same(find(), ['203.0.113.1', '203.0.113.2']);
});

t.test('endpoints that only the Local scope has are looked at', async (t) => {
  const usable = usableOf([], ['10.96.0.1']);
  const portals = new Map([
    ['default/a/TCP/IPv4', [{ kind: 'clusterIP', ip: '10.96.0.1', port: 80 }]],
  ] as const);
  const found = suspectFinder().find(
    { portals, endpoints: new Map([['default/a/TCP/IPv4', usable]]) },
    noAddresses,
  );
  t.same(ips(found), { 'default/a/TCP/IPv4': ['10.96.0.1'] });
});

t.test('what did not change is not read again: the cost of a pass is that of the change', async (t) => {
  let reads = 0;
  const endpointsOf = (service: number): UsableEndpoints => ({
    ...noEndpoints,
    Cluster: [
      {
        get ip() {
          reads += 1;
          return `10.244.${service >> 8}.${service & 255}`;
        },
        port: 80,
        ready: true,
        serving: true,
        terminating: false,
      },
    ],
  });
  const finder = suspectFinder();
  const endpoints = new Map(
    Array.from({ length: 1000 }, (_, n) => [`default/s${n}/TCP/IPv4`, endpointsOf(n)]),
  );
  const snapshot = { portals: new Map(), endpoints };
  const first = finder.find(snapshot, noAddresses);
  t.ok(reads >= 1000);
  reads = 0;
  t.equal(finder.find(snapshot, noAddresses), first, 'the second look of a pass is free');
  const changed = new Map(endpoints).set('default/s7/TCP/IPv4', endpointsOf(7));
  finder.find({ ...snapshot, endpoints: changed }, noAddresses);
  t.equal(reads, 1);
});

// The endpoints of a ServicePort out of its slices: moving, merging, named ports, legacy Endpoints.
import t from 'tap';
import type { Endpoint } from '../../lib/model/endpoint.js';
import { createEndpointSliceCache, type EndpointSliceCache } from '../../lib/model/endpoint-slice-cache.js';
import type { EndpointsObject, ObjectRef, ServicePortSpec } from '../../lib/model/kube-objects.js';
import { servicePortsOf } from '../../lib/model/service-ports.js';
import { service, slice } from '../support/objects.js';

/** Takes the changes and tells the endpoints of one port of default/web; remembers them for the order. */
function reader(cache: EndpointSliceCache, port: ServicePortSpec = { port: 80 }, clusterIP = '10.96.0.1') {
  const [servicePort] = servicePortsOf(service('web', clusterIP, { ports: [port] })).servicePorts;
  if (servicePort === undefined) throw new Error('the test has no ServicePort');
  let known: readonly Endpoint[] = [];
  return (): string => {
    cache.take();
    known = cache.endpointsOf(servicePort, known);
    return known.map(({ ip, port: number, ready }) => `${ip}:${number}${ready ? '' : '!'}`).join(' ');
  };
}

function sliceRef(name: string): ObjectRef {
  return { kind: 'EndpointSlice', namespace: 'default', name };
}

function legacy(ips: readonly string[]): EndpointsObject {
  return {
    kind: 'Endpoints',
    metadata: { namespace: 'default', name: 'web' },
    subsets: [{ addresses: ips.map((ip) => ({ ip })), ports: [{ port: 9090 }] }],
  };
}

t.test('slices of one Service add up, and are the Service alone', async (t) => {
  const cache = createEndpointSliceCache();
  const endpoints = reader(cache);
  t.equal(endpoints(), '');
  cache.upsert(slice('web', ['10.0.0.1', '10.0.0.2'], { sliceName: 'a' }));
  cache.upsert(slice('web', ['10.0.0.3'], { sliceName: 'b' }));
  cache.upsert(slice('db', ['10.0.0.9'], { sliceName: 'c' }));
  cache.upsert(slice('web', ['10.0.0.8'], { sliceName: 'd', namespace: 'other' }));
  t.equal(endpoints(), '10.0.0.1:8080 10.0.0.2:8080 10.0.0.3:8080');
  cache.remove(sliceRef('a'));
  t.equal(endpoints(), '10.0.0.3:8080');
  cache.remove(sliceRef('b'));
  cache.remove(sliceRef('absent'));
  t.equal(endpoints(), '');
});

t.test('an endpoint that moves to another slice keeps its place', async (t) => {
  const cache = createEndpointSliceCache();
  const endpoints = reader(cache);
  cache.upsert(slice('web', ['10.0.0.1', '10.0.0.2', '10.0.0.3'], { sliceName: 'a' }));
  const before = endpoints();
  cache.upsert(slice('web', ['10.0.0.1'], { sliceName: 'b' }));
  t.equal(endpoints(), before, 'while it is in both');
  cache.upsert(slice('web', ['10.0.0.2', '10.0.0.3'], { sliceName: 'a' }));
  t.equal(endpoints(), before, 'and when it has left the first');
  cache.upsert(slice('web', ['10.0.0.3'], { sliceName: 'a' }));
  cache.upsert(slice('web', ['10.0.0.1', '10.0.0.2'], { sliceName: 'b' }));
  t.equal(endpoints(), before, 'also when both slices change between two takes');
});

t.test('an address that a new pod took over is what the new pod is', async (t) => {
  for (const order of [['old', 'new'] as const, ['new', 'old'] as const]) {
    const cache = createEndpointSliceCache();
    const endpoints = reader(cache);
    const states = {
      old: { addresses: ['10.0.0.1'], conditions: { ready: false, serving: false, terminating: true } },
      new: { addresses: ['10.0.0.1'], conditions: { ready: true } },
    };
    for (const name of order) cache.upsert(slice('web', [], { sliceName: name, endpoints: [states[name]] }));
    t.equal(endpoints(), '10.0.0.1:8080');
    cache.remove(sliceRef('new'));
    t.equal(endpoints(), '10.0.0.1:8080!');
  }
});

t.test('a slice whose label changes goes over to the other Service', async (t) => {
  const cache = createEndpointSliceCache();
  const endpoints = reader(cache);
  cache.upsert(slice('web', ['10.0.0.1'], { sliceName: 'a' }));
  t.equal(endpoints(), '10.0.0.1:8080');
  cache.upsert(slice('db', ['10.0.0.1'], { sliceName: 'a' }));
  t.same([...cache.take().services].sort(), ['default/db', 'default/web']);
  t.equal(endpoints(), '');
});

t.test('a named port is a different number in each slice', async (t) => {
  const cache = createEndpointSliceCache();
  const endpoints = reader(cache, { name: 'http', port: 80 });
  cache.upsert(slice('web', ['10.0.0.1'], { sliceName: 'a', ports: [{ name: 'http', port: 8080 }] }));
  cache.upsert(slice('web', ['10.0.0.2'], { sliceName: 'b', ports: [{ name: 'http', port: 9090 }] }));
  cache.upsert(slice('web', ['10.0.0.1'], { sliceName: 'c', ports: [{ name: 'http', port: 7070 }] }));
  t.equal(endpoints(), '10.0.0.1:8080 10.0.0.2:9090 10.0.0.1:7070');
});

t.test('a port is found by name and protocol', async (t) => {
  const cache = createEndpointSliceCache();
  cache.upsert(
    slice('web', ['10.0.0.1'], {
      ports: [
        { name: 'dns', port: 53, protocol: 'TCP' },
        { name: 'dns', port: 54, protocol: 'UDP' },
        { port: 80 },
      ],
    }),
  );
  t.equal(reader(cache, { name: 'dns', port: 1, protocol: 'TCP' })(), '10.0.0.1:53');
  t.equal(reader(cache, { name: 'dns', port: 1, protocol: 'UDP' })(), '10.0.0.1:54');
  t.equal(reader(cache, { name: 'dns', port: 1, protocol: 'SCTP' })(), '');
  t.equal(reader(cache, { name: 'other', port: 53 })(), '');
  t.equal(reader(cache, { port: 1 })(), '10.0.0.1:80', 'a name that is nil is the unnamed port');
});

t.test('the address type decides the family', async (t) => {
  const cache = createEndpointSliceCache();
  cache.upsert(slice('web', ['10.0.0.1'], { sliceName: 'four' }));
  cache.upsert(slice('web', ['fd00::1'], { sliceName: 'six', addressType: 'IPv6' }));
  t.equal(reader(cache)(), '10.0.0.1:8080');
  t.equal(reader(cache, { port: 80 }, 'fd00:96::1')(), 'fd00::1:8080');
});

t.test('legacy Endpoints serve until there is a slice of the family', async (t) => {
  const cache = createEndpointSliceCache();
  const [four, six] = [reader(cache), reader(cache, { port: 80 }, 'fd00:96::1')];
  cache.upsert(legacy(['10.0.0.1', 'fd00::1']));
  t.same([four(), six()], ['10.0.0.1:9090', 'fd00::1:9090']);
  cache.upsert(slice('web', ['10.0.0.2']));
  t.same([four(), six()], ['10.0.0.2:8080', 'fd00::1:9090']);
  cache.upsert(slice('web', []));
  t.same([four(), six()], ['', 'fd00::1:9090'], 'an empty slice is a slice');
  cache.remove(sliceRef('web-1'));
  t.same([four(), six()], ['10.0.0.1:9090', 'fd00::1:9090']);
  cache.remove({ kind: 'Endpoints', namespace: 'default', name: 'web' });
  t.same([four(), six()], ['', '']);
});

t.test('a slice marked headless is not used until the mark is gone', async (t) => {
  const cache = createEndpointSliceCache();
  const endpoints = reader(cache);
  const plain = slice('web', ['10.0.0.1']);
  const labels = { ...plain.metadata.labels, 'service.kubernetes.io/headless': '' };
  cache.upsert({ ...plain, metadata: { ...plain.metadata, labels } });
  t.equal(endpoints(), '');
  cache.upsert(plain);
  t.equal(endpoints(), '10.0.0.1:8080');
});

t.test('the same slice again is no change', async (t) => {
  const cache = createEndpointSliceCache();
  cache.upsert(slice('web', ['10.0.0.1']));
  t.same([cache.changes.pending, cache.changes.total], [1, 1]);
  t.same([...cache.take().services], ['default/web']);
  cache.upsert(slice('web', ['10.0.0.1'], { annotations: { touched: 'yes' } }));
  t.same([cache.changes.pending, cache.changes.total], [0, 2]);
  t.same([...cache.take().services], []);
});

t.test('problems are told with the change that brought or mended them', async (t) => {
  const cache = createEndpointSliceCache();
  cache.upsert(slice('web', ['10.0.0.1', 'x']));
  t.equal(cache.take().problems.get('EndpointSlice default/web-1')?.length, 1);
  cache.upsert(slice('web', ['10.0.0.1']));
  t.same([...cache.take().problems], [['EndpointSlice default/web-1', []]]);
});

t.test('trigger times are those of changes that were not taken before', async (t) => {
  const cache = createEndpointSliceCache();
  const at = (second: number, ips: readonly string[]) =>
    slice('web', ips, {
      annotations: {
        'endpoints.kubernetes.io/last-change-trigger-time': new Date(second * 1000).toISOString(),
      },
    });
  cache.upsert(at(1, ['10.0.0.1']));
  t.same(cache.take().triggerTimesMs, [1000]);
  cache.upsert(at(1, ['10.0.0.1']));
  t.same(cache.take().triggerTimesMs, [], 'a list that is read again');
  cache.upsert(at(1, ['10.0.0.1']));
  cache.upsert(at(2, ['10.0.0.2']));
  cache.upsert(at(3, ['10.0.0.3']));
  cache.upsert(at(3, ['10.0.0.3', '10.0.0.4']));
  t.same(cache.take().triggerTimesMs, [2000, 3000], 'each trigger once');
  cache.upsert(at(4, ['10.0.0.5']));
  cache.upsert(at(5, ['10.0.0.3', '10.0.0.4']));
  t.same(cache.take().triggerTimesMs, [], 'a change that was taken back');
  cache.upsert(at(6, ['10.0.0.6']));
  cache.remove(sliceRef('web-1'));
  t.same(cache.take().triggerTimesMs, [], 'a slice that is gone has none');
});

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
  const taken = () => cache.take().triggerTimesMs.IPv4;
  t.same(taken(), [1000]);
  cache.upsert(at(1, ['10.0.0.1']));
  t.same(taken(), [], 'a list that is read again');
  cache.upsert(at(1, ['10.0.0.1']));
  cache.upsert(at(2, ['10.0.0.2']));
  cache.upsert(at(3, ['10.0.0.3']));
  cache.upsert(at(3, ['10.0.0.3', '10.0.0.4']));
  t.same(taken(), [2000, 3000], 'each trigger once');
  cache.upsert(at(4, ['10.0.0.5']));
  cache.upsert(at(5, ['10.0.0.3', '10.0.0.4']));
  t.same(taken(), [], 'a change that was taken back');
  cache.upsert(at(6, ['10.0.0.6']));
  cache.remove(sliceRef('web-1'));
  t.same(taken(), [], 'a slice that is gone has none');
});

/** Endpoints 10.0.`third`.1 and up; every `unready`th is not ready, every `leaving`th terminates. */
function generated(sliceName: string, third: number, count: number, unready = 999, leaving = 999) {
  const endpoints = Array.from({ length: count }, (_, index) => {
    const isReady = (index + 1) % unready !== 0;
    const isLeaving = (index + 1) % leaving === 0;
    const conditions = { ready: isReady && !isLeaving, serving: isReady, terminating: isLeaving };
    return { addresses: [`10.0.${third}.${index + 1}`], conditions };
  });
  return slice('web', [], { sliceName, endpoints });
}

t.test('overlapping slices are a union in which the better condition counts', async (t) => {
  const all = (count: number, unready: readonly number[] = []): string =>
    Array.from({ length: count }, (_, index) => index + 1)
      .map((last) => `10.0.1.${last}:8080${unready.includes(last) ? '!' : ''}`)
      .join(' ');
  const table: readonly [what: string, slices: readonly ReturnType<typeof slice>[], expected: string][] = [
    ['one is longer', [generated('a', 1, 3), generated('b', 1, 4)], all(4)],
    ['unready in one or in both', [generated('a', 1, 10, 3), generated('b', 1, 10, 6)], all(10, [6])],
    [
      'some terminating in both',
      [generated('a', 1, 10, 3, 5), generated('b', 1, 10, 6, 5)],
      all(10, [5, 6, 10]),
    ],
    ['all unready', [generated('a', 1, 10, 1), generated('b', 1, 10, 1)], all(10, [...Array(11).keys()])],
  ];
  for (const [what, slices, expected] of table) {
    for (const order of [slices, slices.toReversed()]) {
      const cache = createEndpointSliceCache();
      const endpoints = reader(cache);
      for (const one of order) cache.upsert(one);
      t.equal(endpoints(), expected, what);
    }
  }
});

t.test('one address with two ports is two endpoints, a port without a number none', async (t) => {
  const cache = createEndpointSliceCache();
  const endpoints = reader(cache, { name: 'p', port: 80 });
  const at = (port: number | undefined) => [{ name: 'p', ...(port !== undefined && { port }) }];
  cache.upsert(slice('web', ['10.0.0.1'], { sliceName: 'a', ports: at(undefined) }));
  t.equal(endpoints(), '');
  cache.upsert(slice('web', ['10.0.0.1', '10.0.0.2'], { sliceName: 'a', ports: at(80) }));
  cache.upsert(slice('web', ['10.0.0.1', '10.0.0.2'], { sliceName: 'b', ports: at(8080) }));
  t.equal(endpoints(), '10.0.0.1:80 10.0.0.2:80 10.0.0.1:8080 10.0.0.2:8080');
});

t.test('what changes nothing that is read is no change', async (t) => {
  const cache = createEndpointSliceCache();
  const endpoints = [{ addresses: ['10.0.0.1'], hints: { forZones: [{ name: 'a' }] } }];
  cache.upsert(slice('web', [], { endpoints }));
  cache.take();
  cache.upsert(slice('web', [], { endpoints: structuredClone(endpoints), annotations: { touched: 'yes' } }));
  t.equal(cache.changes.pending, 0);
  cache.upsert(
    slice('web', [], { endpoints: [{ addresses: ['10.0.0.1'], hints: { forZones: [{ name: 'b' }] } }] }),
  );
  t.equal(cache.changes.pending, 1, 'a hint is read');
});

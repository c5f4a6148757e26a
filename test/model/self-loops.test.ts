// Endpoints that lead back into the proxy.
import t from 'tap';
import type { EndpointSliceObject, ServicePortSpec } from '../../lib/model/kube-objects.js';
import { createModel, type Model } from '../../lib/model/model.js';
import {
  endpointsOnProxyPorts,
  isLocalAddress,
  type RefusedEndpoint,
  selfLoops,
} from '../../lib/model/self-loops.js';
import { reachableEndpoints } from '../../lib/model/usable-endpoints.js';
import { service, slice } from '../support/objects.js';

function loopsOf(model: Model, localAddresses: readonly string[] = []): readonly RefusedEndpoint[] {
  const { servicePorts, portals, endpoints: usable } = model.takeSnapshot().snapshot;
  const endpoints = new Map([...usable].map(([key, one]) => [key, reachableEndpoints(one)]));
  return selfLoops({ servicePorts, portals, endpoints }, new Set(localAddresses));
}

/** Service `a` is 10.96.0.1:80, `b` 10.96.0.2:80 … `ab a1` reads: b is an endpoint of a, and so is pod 1. */
function refusalsOf(edges: string, spec: Partial<ServicePortSpec> = {}): readonly string[] {
  const model = createModel({ nodeName: 'node-1' });
  const ports = [{ port: 80, ...spec }];
  const ipOf = (name: string) =>
    /\d/.test(name) ? `10.0.0.${name}` : `10.96.0.${name.charCodeAt(0) - 'a'.charCodeAt(0) + 1}`;
  const endpoints = new Map<string, string[]>();
  for (const [from = '', to = ''] of edges.split(' ')) {
    endpoints.set(from, [...(endpoints.get(from) ?? []), ipOf(to)]);
  }
  for (const name of 'abcd') {
    model.upsert(service(name, ipOf(name), { ports }));
    const slicePorts: EndpointSliceObject['ports'] = [{ port: 80, protocol: spec.protocol ?? 'TCP' }];
    model.upsert(slice(name, endpoints.get(name) ?? [], { ports: slicePorts }));
  }
  return loopsOf(model).map(({ key, endpoint }) => `${key} ${endpoint.ip}`);
}

t.test('every edge of a cycle of portals is refused, and no other', async (t) => {
  const table: readonly [edges: string, refused: readonly string[]][] = [
    ['a1 b2', []],
    ['aa a1', ['default/a/TCP/IPv4 10.96.0.1']],
    ['ab ba b1', ['default/a/TCP/IPv4 10.96.0.2', 'default/b/TCP/IPv4 10.96.0.1']],
    ['ab b1', []],
    ['ab bc cb', ['default/b/TCP/IPv4 10.96.0.3', 'default/c/TCP/IPv4 10.96.0.2']],
    [
      'ab bc ca cd d1',
      ['default/a/TCP/IPv4 10.96.0.2', 'default/b/TCP/IPv4 10.96.0.3', 'default/c/TCP/IPv4 10.96.0.1'],
    ],
  ];
  for (const [edges, refused] of table) t.same(refusalsOf(edges), refused, edges);
});

t.test('the protocol and the port belong to a portal', async (t) => {
  t.same(refusalsOf('aa', { protocol: 'UDP' }), ['default/a/UDP/IPv4 10.96.0.1']);
  t.same(refusalsOf('aa', { port: 81 }), [], 'the portal is 10.96.0.1:81, the endpoint 10.96.0.1:80');
});

t.test('the message says where it leads', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  model.upsert(service('a', '10.96.0.1', {}));
  model.upsert(service('b', '10.96.0.2', {}));
  const ports = [{ port: 80 }];
  model.upsert(slice('a', ['10.96.0.1', '10.96.0.2'], { ports }));
  model.upsert(slice('b', ['10.96.0.1'], { ports }));
  const messages = loopsOf(model).map(({ message }) => message);
  t.match(messages[0], /^endpoint 10\.96\.0\.1:80 is this ServicePort's own portal/);
  t.match(
    messages[1],
    /^endpoint 10\.96\.0\.2:80 is the portal of default\/b\/TCP\/IPv4, which leads back here/,
  );
});

t.test('an endpoint on a proxy port of this host is found', async (t) => {
  const local = new Set(['192.0.2.1', 'fd00::1']);
  const proxyPorts = new Set(['TCP/40001']);
  const table: readonly [ip: string, port: number, protocol: 'TCP' | 'UDP', found: boolean][] = [
    ['192.0.2.1', 40001, 'TCP', true],
    ['fd00::1', 40001, 'TCP', true],
    ['127.0.0.1', 40001, 'TCP', true],
    ['127.9.9.9', 40001, 'TCP', true],
    ['::1', 40001, 'TCP', true],
    ['192.0.2.2', 40001, 'TCP', false],
    ['192.0.2.1', 40002, 'TCP', false],
    ['192.0.2.1', 40001, 'UDP', false],
  ];
  for (const [ip, port, protocol, found] of table) {
    const endpoint = { ip, port };
    const expected = found ? [endpoint] : [];
    t.same(
      endpointsOnProxyPorts([endpoint], protocol, local, proxyPorts),
      expected,
      `${protocol} ${ip} ${port}`,
    );
  }
});

t.test('a portal of any kind can be the way back', async (t) => {
  const local = ['192.0.2.100'];
  const spec = {
    type: 'LoadBalancer',
    externalIPs: ['192.0.2.1'],
    ports: [{ port: 80, nodePort: 30080 }],
  } as const;
  const table: readonly [what: string, ip: string, port: number, refused: boolean][] = [
    ['external IP', '192.0.2.1', 80, true],
    ['external IP, another port', '192.0.2.1', 81, false],
    ['load balancer', '192.0.2.9', 80, true],
    ['ipMode Proxy: not a portal', '192.0.2.8', 80, false],
    ['node port', '192.0.2.100', 30080, true],
    ['node port on loopback', '127.0.0.1', 30080, true],
    ['node port of another host', '192.0.2.101', 30080, false],
    ['another port of this host', '192.0.2.100', 30081, false],
  ];
  for (const [what, ip, port, refused] of table) {
    const model = createModel({ nodeName: 'node-1' });
    const ingress = [{ ip: '192.0.2.9' }, { ip: '192.0.2.8', ipMode: 'Proxy' }];
    model.upsert({ ...service('web', '10.96.0.1', { spec }), status: { loadBalancer: { ingress } } });
    model.upsert(slice('web', [ip], { ports: [{ port }] }));
    const expected = refused ? ['default/web/TCP/IPv4'] : [];
    t.same(
      loopsOf(model, local).map(({ key }) => key),
      expected,
      what,
    );
  }
});

t.test('a cycle may go over portals of several kinds, and over what only the Local scope uses', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  const spec = { type: 'NodePort', ports: [{ port: 80, nodePort: 30080 }] } as const;
  model.upsert(service('a', '10.96.0.1', { spec: { ...spec, internalTrafficPolicy: 'Local' } }));
  model.upsert(service('b', '10.96.0.2', { spec: { externalIPs: ['192.0.2.1'] } }));
  const endpoints = [{ addresses: ['192.0.2.1'], nodeName: 'node-1' }];
  model.upsert(slice('a', [], { endpoints, ports: [{ port: 80 }] }));
  model.upsert(slice('b', ['192.0.2.100'], { ports: [{ port: 30080 }] }));
  t.same(
    loopsOf(model, ['192.0.2.100']).map(({ key, endpoint }) => `${key} ${endpoint.ip}`),
    ['default/a/TCP/IPv4 192.0.2.1', 'default/b/TCP/IPv4 192.0.2.100'],
  );
  t.same(loopsOf(model), [], 'if the address is not of this host');
});

t.test('a portal that was lost to another Service leads to that one', async (t) => {
  const model = createModel({ nodeName: 'node-1' });
  const shared = { externalIPs: ['192.0.2.1'] };
  model.upsert(service('a', '10.96.0.1', { spec: shared }));
  model.upsert(service('b', '10.96.0.2', { spec: shared }));
  model.upsert(slice('b', ['192.0.2.1'], { ports: [{ port: 80 }] }));
  t.same(loopsOf(model), [], 'b leads to a');
  model.remove({ kind: 'Service', namespace: 'default', name: 'a' });
  t.same(
    loopsOf(model).map(({ key }) => key),
    ['default/b/TCP/IPv4'],
    'b leads to itself',
  );
});

t.test('loopback is local whether listed or not', async (t) => {
  const local = new Set(['192.0.2.1']);
  for (const ip of ['192.0.2.1', '127.0.0.1', '127.9.9.9', '::1']) t.equal(isLocalAddress(ip, local), true);
  for (const ip of ['192.0.2.2', '128.0.0.1', 'fd00::1']) t.equal(isLocalAddress(ip, local), false);
});

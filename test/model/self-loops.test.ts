// Endpoints that lead back into the proxy.
import t from 'tap';
import type { EndpointSliceObject, ServicePortSpec } from '../../lib/model/kube-objects.js';
import { createModel } from '../../lib/model/model.js';
import { endpointsOnProxyPorts, selfLoops } from '../../lib/model/self-loops.js';
import { service, slice } from '../support/objects.js';

/** Service `a` is 10.96.0.1:80, `b` 10.96.0.2:80 … `ab a1` reads: b is an endpoint of a, and so is pod 1. */
function refusalsOf(edges: string, spec: Partial<ServicePortSpec> = {}): readonly string[] {
  const model = createModel();
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
  return selfLoops(model.takeSnapshot().snapshot).map(({ key, endpoint }) => `${key} ${endpoint.ip}`);
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
  const model = createModel();
  model.upsert(service('a', '10.96.0.1', {}));
  model.upsert(service('b', '10.96.0.2', {}));
  const ports = [{ port: 80 }];
  model.upsert(slice('a', ['10.96.0.1', '10.96.0.2'], { ports }));
  model.upsert(slice('b', ['10.96.0.1'], { ports }));
  const messages = selfLoops(model.takeSnapshot().snapshot).map(({ message }) => message);
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

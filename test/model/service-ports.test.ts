// What is served of a Service, what is not, and what is said about it.
import t from 'tap';
import type { ServiceObject } from '../../lib/model/kube-objects.js';
import { sameService, servicePortsOf } from '../../lib/model/service-ports.js';
import { service } from '../support/objects.js';

/** `key clusterIP:port` of each ServicePort, then `field: message` of each problem. */
function told(object: ServiceObject): readonly string[] {
  const { servicePorts, problems } = servicePortsOf(object);
  return [
    ...servicePorts.map(({ key, clusterIP, port }) => `${key} ${clusterIP} ${port}`),
    ...problems.map(({ field, message }) => `${field}: ${message}`),
  ];
}

/** A Service as a hand might have written it. */
function loose(spec: unknown, metadata: unknown = { namespace: 'default', name: 'web' }): ServiceObject {
  return { kind: 'Service', metadata, spec } as ServiceObject;
}

t.test('one ServicePort per port, with the port name in its key', async (t) => {
  const ports = [
    { name: 'p', port: 80, protocol: 'TCP' },
    { name: 'q', port: 81, protocol: 'UDP' },
  ] as const;
  t.same(told(service('web', '10.96.0.1', { ports })), [
    'default/web:p/TCP/IPv4 10.96.0.1 80',
    'default/web:q/UDP/IPv4 10.96.0.1 81',
  ]);
});

t.test('one ServicePort per IP family', async (t) => {
  const spec = { clusterIPs: ['10.96.0.1', 'FD00::1'] };
  t.same(told(service('web', '10.96.0.1', { spec })), [
    'default/web/TCP/IPv4 10.96.0.1 80',
    'default/web/TCP/IPv6 fd00::1 80',
  ]);
});

t.test('TCP, UDP and SCTP may share a number', async (t) => {
  const ports = (['TCP', 'UDP', 'SCTP'] as const).map((protocol) => ({
    name: protocol.toLowerCase(),
    port: 53,
    protocol,
  }));
  t.equal(servicePortsOf(service('dns', '10.96.0.10', { ports })).servicePorts.length, 3);
});

t.test('a port without a protocol is TCP', async (t) => {
  t.same(
    told(loose({ clusterIP: '10.96.0.1', ports: [{ port: 80 }, { name: 'n', port: 81, protocol: null }] })),
    ['default/web/TCP/IPv4 10.96.0.1 80', 'default/web:n/TCP/IPv4 10.96.0.1 81'],
  );
});

t.test('Services that are not ours are left alone without a word', async (t) => {
  const table: readonly [string, ServiceObject][] = [
    ['headless', service('web', 'None')],
    ['headless in clusterIPs', loose({ clusterIPs: ['None'], ports: [{ port: 80 }] })],
    ['ExternalName', service('web', '10.96.0.1', { spec: { type: 'ExternalName' } })],
    [
      'proxied by another',
      service('web', '10.96.0.1', { labels: { 'service.kubernetes.io/service-proxy-name': 'x' } }),
    ],
    ['marked headless', service('web', '10.96.0.1', { labels: { 'service.kubernetes.io/headless': '' } })],
  ];
  for (const [what, object] of table) t.same(told(object), [], what);
});

t.test('one wrong address or port leaves out that one alone', async (t) => {
  const good = 'default/web/TCP/IPv4 10.96.0.1 80';
  const ports = [{ port: 80 }];
  const table: readonly [unknown, readonly string[]][] = [
    [{ ports }, ['spec.clusterIP: is not set: the Service is not served']],
    [{ ports, clusterIP: '' }, ['spec.clusterIP: is not set: the Service is not served']],
    [{ ports, clusterIPs: null, clusterIP: '10.96.0.1' }, [good]],
    [{ ports, clusterIP: '10.96.0' }, ['spec.clusterIP: "10.96.0" is not an IP address']],
    [{ ports, clusterIP: 10 }, ['spec.clusterIP: 10 is not an IP address']],
    [{ ports, clusterIP: '0.0.0.0' }, ['spec.clusterIP: "0.0.0.0" is the unspecified address']],
    [
      { ports, clusterIPs: ['10.96.0.1', 'x'], clusterIP: '10.96.0.1' },
      [good, 'spec.clusterIPs[1]: "x" is not an IP address'],
    ],
    [
      { ports, clusterIPs: ['10.96.0.1', '10.96.0.2'] },
      [good, 'spec.clusterIPs[1]: is a second IPv4 address'],
    ],
    [
      { ports, clusterIPs: ['10.96.0.1'], clusterIP: '10.96.0.9' },
      [good, 'spec.clusterIP: "10.96.0.9" is not the first of spec.clusterIPs, which are used'],
    ],
    [
      { ports, clusterIPs: '10.96.0.1' },
      [
        'spec.clusterIPs: is "10.96.0.1", not a list',
        'spec.clusterIP: is not set: the Service is not served',
      ],
    ],
    ...([0, 65536, -1, 80.5, '80', null] as const).map((port): [unknown, readonly string[]] => [
      { clusterIP: '10.96.0.1', ports: [{ port: 80 }, { name: 'bad', port }] },
      [
        good,
        `spec.ports[1].port: ${port === null ? 'nothing' : JSON.stringify(port)} is not an integer from 1 to 65535`,
      ],
    ]),
    [
      { clusterIP: '10.96.0.1', ports: [{ port: 80 }, { name: 'b', port: 81, protocol: 'tcp' }] },
      [good, 'spec.ports[1].protocol: "tcp" is not TCP, UDP or SCTP'],
    ],
    [
      { clusterIP: '10.96.0.1', ports: [{ port: 80 }, { port: 81 }] },
      [good, 'spec.ports[1].name: "" is the name of an earlier port'],
    ],
    [
      { clusterIP: '10.96.0.1', ports: [{ port: 80 }, { name: 'b', port: 80 }] },
      [good, 'spec.ports[1].port: 80/TCP is an earlier port'],
    ],
    [
      { clusterIP: '10.96.0.1', ports: [{ port: 80 }, { name: 'a"\n-A', port: 81 }] },
      [good, 'spec.ports[1].name: "a\\"\\n-A" is not a port name'],
    ],
    [
      { clusterIP: '10.96.0.1', ports: [{ port: 80 }, null] },
      [good, 'spec.ports[1].name: "" is the name of an earlier port'],
    ],
    [{ clusterIP: '10.96.0.1', ports: null }, []],
    [{ clusterIP: '10.96.0.1', ports: 80 }, ['spec.ports: is 80, not a list']],
    [null, ['spec.clusterIP: is not set: the Service is not served']],
  ];
  for (const [spec, expected] of table) t.same(told(loose(spec)), expected, JSON.stringify(spec));
});

t.test('a Service that can not be named is not served', async (t) => {
  for (const metadata of [null, {}, { namespace: 'default' }, { namespace: 'a/b', name: 'web' }]) {
    const { servicePorts, problems } = servicePortsOf(
      loose({ clusterIP: '10.96.0.1', ports: [{ port: 80 }] }, metadata),
    );
    t.same(servicePorts, []);
    t.match(problems[0]?.field, /^metadata\./);
  }
});

t.test('an equal ServicePort is the very same object again', async (t) => {
  const ports = [
    { name: 'a', port: 80 },
    { name: 'b', port: 81 },
  ];
  const before = servicePortsOf(service('web', '10.96.0.1', { ports })).servicePorts;
  const changed = [ports[0], { name: 'b', port: 82 }] as typeof ports;
  const after = servicePortsOf(service('web', '10.96.0.1', { ports: changed }), before).servicePorts;
  t.equal(after[0], before[0]);
  t.not(after[1], before[1]);
  const aged = service('web', '10.96.0.1', { ports, creationTimestamp: '2024-01-01T00:00:00Z' });
  t.not(servicePortsOf(aged, before).servicePorts[0], before[0], 'its age belongs to it');
});

t.test('Services are the same when ports and problems are', async (t) => {
  const of = (name: string) => servicePortsOf(service('web', '10.96.0.1', { ports: [{ name, port: 80 }] }));
  t.ok(sameService(of('a'), of('a')));
  t.notOk(sameService(of('a'), of('b')));
  t.notOk(sameService(of('?'), of('!')), 'another problem is another state');
});

t.test('everything a Service can say arrives in its ServicePorts, by family', async (t) => {
  const object = loose(
    {
      type: 'LoadBalancer',
      clusterIPs: ['10.96.0.1', 'fd00:96::1'],
      ports: [
        { name: 'http', port: 80, nodePort: 30080 },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
      externalIPs: ['192.0.2.1', '2001:db8::1'],
      loadBalancerSourceRanges: ['198.51.100.0/24', '2001:db8:1::/48'],
      internalTrafficPolicy: 'Local',
      externalTrafficPolicy: 'Local',
      healthCheckNodePort: 30999,
      allocateLoadBalancerNodePorts: false,
      sessionAffinity: 'ClientIP',
      trafficDistribution: 'PreferSameNode',
      publishNotReadyAddresses: true,
    },
    {
      namespace: 'default',
      name: 'web',
      creationTimestamp: '2024-01-01T00:00:00Z',
      annotations: { 'kube-portal/drain': '30s' },
    },
  );
  const status = { loadBalancer: { ingress: [{ ip: '192.0.2.9', ipMode: 'VIP' }, { ip: '2001:db8::9' }] } };
  const { servicePorts, problems } = servicePortsOf({ ...object, status });
  const shared = {
    creationTimestamp: '2024-01-01T00:00:00Z',
    internalPolicy: 'Local',
    externalPolicy: 'Local',
    healthCheckNodePort: 30999,
    affinityTimeoutSeconds: 10_800,
    drain: { kind: 'reset', afterMs: 30_000 },
    trafficDistribution: 'PreferSameNode',
  };
  const http = { namespace: 'default', name: 'web', port: 'http', protocol: 'TCP' };
  const dns = { namespace: 'default', name: 'web', port: 'dns', protocol: 'UDP' };
  const v4 = {
    ...shared,
    ipFamily: 'IPv4',
    clusterIP: '10.96.0.1',
    externalIPs: ['192.0.2.1'],
    loadBalancerIPs: ['192.0.2.9'],
    sourceRanges: ['198.51.100.0/24'],
  };
  const v6 = {
    ...shared,
    ipFamily: 'IPv6',
    clusterIP: 'fd00:96::1',
    externalIPs: ['2001:db8::1'],
    loadBalancerIPs: ['2001:db8::9'],
    sourceRanges: ['2001:db8:1::/48'],
  };
  t.strictSame(problems, []);
  t.strictSame(
    [...servicePorts],
    [
      { ...v4, key: 'default/web:http/TCP/IPv4', name: http, port: 80, nodePort: 30080 },
      { ...v4, key: 'default/web:dns/UDP/IPv4', name: dns, port: 53 },
      { ...v6, key: 'default/web:http/TCP/IPv6', name: http, port: 80, nodePort: 30080 },
      { ...v6, key: 'default/web:dns/UDP/IPv6', name: dns, port: 53 },
    ],
  );
});

t.test('a Service that says nothing has only what every ServicePort has', async (t) => {
  t.strictSame(Object.keys(servicePortsOf(service('web', '10.96.0.1')).servicePorts[0] ?? {}), [
    'key',
    'name',
    'ipFamily',
    'clusterIP',
    'port',
    'internalPolicy',
    'externalPolicy',
  ]);
});

t.test('node ports: a number that is given counts where the type has any', async (t) => {
  const field = 'spec.ports[0].nodePort';
  const table: readonly [type: string | undefined, given: unknown, expected: unknown, problem?: string][] = [
    ['NodePort', 30080, 30080],
    ['LoadBalancer', 30080, 30080],
    ['LoadBalancer', undefined, undefined],
    ['LoadBalancer', 0, undefined],
    ['ClusterIP', undefined, undefined],
    ['ClusterIP', 0, undefined],
    [undefined, null, undefined],
    ['NodePort', 53, 53],
    ['NodePort', 0, undefined, 'is not set: the port has no node port, and none is allocated here'],
    ['NodePort', undefined, undefined, 'is not set: the port has no node port, and none is allocated here'],
    ['ClusterIP', 30080, undefined, '30080 is not used: spec.type is ClusterIP'],
    [undefined, 30080, undefined, '30080 is not used: spec.type is ClusterIP'],
    ['NodePort', 65_536, undefined, '65536 is not an integer from 1 to 65535'],
    ['NodePort', -1, undefined, '-1 is not an integer from 1 to 65535'],
    ['LoadBalancer', '30080', undefined, '"30080" is not an integer from 1 to 65535'],
    ['ClusterIP', '30080', undefined, '"30080" is not an integer from 1 to 65535'],
  ];
  for (const [type, nodePort, expected, problem] of table) {
    const { servicePorts, problems } = servicePortsOf(
      loose({ type, clusterIP: '10.96.0.1', ports: [{ port: 80, nodePort }] }),
    );
    const what = JSON.stringify([type, nodePort]);
    t.equal(servicePorts[0]?.nodePort, expected, what);
    t.equal(servicePorts.length, 1, 'the rest is served');
    const told = problems.map((one) => `${one.field}: ${one.message}`);
    t.same(told, problem === undefined ? [] : [`${field}: ${problem}`], what);
  }
});

t.test('bad IPs of old objects are served in their good spelling (TestBadIPs)', async (t) => {
  const object = loose({
    type: 'LoadBalancer',
    clusterIP: '172.30.0.041',
    ports: [{ port: 80, nodePort: 30010 }],
    externalIPs: ['192.168.099.022'],
    loadBalancerSourceRanges: ['203.0.113.000/025'],
  });
  const status = { loadBalancer: { ingress: [{ ip: '1.2.3.004' }] } };
  const { servicePorts, problems } = servicePortsOf({ ...object, status });
  t.same(problems, []);
  t.match(servicePorts[0], {
    clusterIP: '172.30.0.41',
    externalIPs: ['192.168.99.22'],
    loadBalancerIPs: ['1.2.3.4'],
    sourceRanges: ['203.0.113.0/25'],
  });
});

t.test('a wrong value beside the ports leaves all ports served', async (t) => {
  const wrong: readonly [object, string][] = [
    [{ type: 'Balancer' }, 'spec.type'],
    [{ internalTrafficPolicy: 'local' }, 'spec.internalTrafficPolicy'],
    [{ externalTrafficPolicy: 'local' }, 'spec.externalTrafficPolicy'],
    [{ sessionAffinity: 'Sometimes' }, 'spec.sessionAffinity'],
    [{ externalIPs: ['x'] }, 'spec.externalIPs[0]'],
    [{ type: 'LoadBalancer', loadBalancerSourceRanges: ['x'] }, 'spec.loadBalancerSourceRanges[0]'],
    [{ trafficDistribution: 'PreferFar' }, 'spec.trafficDistribution'],
  ];
  for (const [spec, field] of wrong) {
    const { servicePorts, problems } = servicePortsOf(
      loose({ clusterIP: '10.96.0.1', ports: [{ port: 80 }], ...spec }),
    );
    t.same(
      problems.map((problem) => [problem.object, problem.field]),
      [['Service default/web', field]],
    );
    t.match(servicePorts, [{ clusterIP: '10.96.0.1', port: 80 }]);
  }
});

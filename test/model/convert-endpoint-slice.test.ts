// What is kept of an EndpointSlice, and what is said about the rest.
import t from 'tap';
import { convertEndpointSlice } from '../../lib/model/convert-endpoint-slice.js';
import type { EndpointSliceObject } from '../../lib/model/kube-objects.js';
import type { SliceRecord } from '../../lib/model/slice-record.js';

const metadata = { namespace: 'default', name: 'web-1', labels: { 'kubernetes.io/service-name': 'web' } };
const ports = [{ name: '', port: 8080, protocol: 'TCP' }];

function convert(fields: unknown): SliceRecord {
  const object = { kind: 'EndpointSlice', metadata, addressType: 'IPv4', ports, ...(fields as object) };
  return convertEndpointSlice(object as unknown as EndpointSliceObject, (text) => text);
}

/** `ip:port` and the conditions that hold, then problems as `field: message`. */
function told(record: SliceRecord): readonly string[] {
  const endpoints = record.groups.flatMap((group) =>
    group.endpoints.map((endpoint) => {
      const holds = (['ready', 'serving', 'terminating'] as const).filter((condition) => endpoint[condition]);
      return [`${endpoint.ip}:${endpoint.port}`, ...holds].join(' ');
    }),
  );
  return [...endpoints, ...record.problems.map(({ field, message }) => `${field}: ${message}`)];
}

t.test('nil conditions are ready, serving and not terminating', async (t) => {
  const table: readonly [unknown, string][] = [
    [undefined, 'ready serving'],
    [null, 'ready serving'],
    [{}, 'ready serving'],
    [{ ready: null, serving: null, terminating: null }, 'ready serving'],
    [{ ready: false }, 'serving'],
    [{ ready: false, serving: false }, ''],
    [{ ready: false, serving: true, terminating: true }, 'serving terminating'],
    [{ ready: true, serving: true, terminating: false }, 'ready serving'],
  ];
  for (const [conditions, expected] of table) {
    const record = convert({ endpoints: [{ addresses: ['10.0.0.1'], conditions }] });
    t.same(told(record), [`10.0.0.1:8080 ${expected}`.trim()], JSON.stringify(conditions));
  }
});

t.test('node and zone are kept where they are given, and shared', async (t) => {
  const shared: string[] = [];
  const object = {
    kind: 'EndpointSlice',
    metadata,
    addressType: 'IPv4',
    ports,
    endpoints: [
      { addresses: ['10.0.0.1'], nodeName: 'n1', zone: 'z1' },
      { addresses: ['10.0.0.2'], nodeName: 'n1' },
      { addresses: ['10.0.0.3'], zone: 'z1' },
      { addresses: ['10.0.0.4'], nodeName: null, zone: 3 },
    ],
  };
  const record = convertEndpointSlice(object as unknown as EndpointSliceObject, (text) => {
    shared.push(text);
    return text;
  });
  t.same(
    record.groups[0]?.endpoints.map(({ nodeName, zone }) => [nodeName, zone]),
    [
      ['n1', 'z1'],
      ['n1', undefined],
      [undefined, 'z1'],
      [undefined, undefined],
    ],
  );
  t.same(Object.keys(record.groups[0]?.endpoints[3] ?? {}), [
    'ip',
    'port',
    'ready',
    'serving',
    'terminating',
  ]);
  t.same(shared, ['n1', 'z1', 'n1', 'z1']);
});

t.test('hints are kept, shared, and wrong ones left out alone', async (t) => {
  const record = convert({
    ports: [
      { name: 'a', port: 8080 },
      { name: 'b', port: 8081 },
    ],
    endpoints: [
      { addresses: ['10.0.0.1'], hints: { forZones: [{ name: 'z1' }], forNodes: [{ name: 'n1' }] } },
      { addresses: ['10.0.0.2'], hints: { forZones: [{ name: 'z1' }, {}] } },
      { addresses: ['10.0.0.3'], hints: 'z1' },
      { addresses: ['10.0.0.4'] },
    ],
  });
  const [ofA = [], ofB = []] = record.groups.map(({ endpoints }) => endpoints);
  t.same(
    ofA.map(({ zoneHints, nodeHints }) => [zoneHints, nodeHints]),
    [
      [['z1'], ['n1']],
      [['z1'], undefined],
      [undefined, undefined],
      [undefined, undefined],
    ],
  );
  t.equal(ofA[0]?.zoneHints, ofA[1]?.zoneHints);
  t.equal(ofA[0]?.zoneHints, ofB[0]?.zoneHints);
  t.notOk('zoneHints' in (ofA[3] ?? {}), 'absent, not undefined');
  t.same(
    record.problems.map(({ field }) => field),
    ['endpoints[1].hints.forZones[1].name', 'endpoints[2].hints'],
  );
});

t.test('only the first address of an endpoint counts', async (t) => {
  t.same(told(convert({ endpoints: [{ addresses: ['10.0.0.1', '10.0.0.2'] }] })), [
    '10.0.0.1:8080 ready serving',
  ]);
});

t.test('one wrong endpoint is left out alone', async (t) => {
  const table: readonly [unknown, string][] = [
    [{ addresses: ['10.0.0'] }, 'endpoints[1].addresses[0]: "10.0.0" is not an IP address'],
    [{ addresses: ['fd00::1'] }, 'endpoints[1].addresses[0]: "fd00::1" is not an IPv4 address'],
    [{ addresses: ['0.0.0.0'] }, 'endpoints[1].addresses[0]: "0.0.0.0" is the unspecified address'],
    [{ addresses: ['239.0.0.1'] }, 'endpoints[1].addresses[0]: "239.0.0.1" is a multicast address'],
    [{ addresses: [] }, 'endpoints[1].addresses[0]: nothing is not an IP address'],
    [{ addresses: null }, 'endpoints[1].addresses[0]: nothing is not an IP address'],
    [{ addresses: '10.0.0.2' }, 'endpoints[1].addresses[0]: nothing is not an IP address'],
    [null, 'endpoints[1].addresses[0]: nothing is not an IP address'],
    [
      { addresses: ['10.0.0.2'], conditions: { ready: 'false' } },
      'endpoints[1].conditions.ready: "false" is not true or false',
    ],
    [
      { addresses: ['10.0.0.2'], conditions: 'NotReady' },
      'endpoints[1].conditions: is "NotReady", not an object',
    ],
  ];
  for (const [wrong, problem] of table) {
    const endpoints = [{ addresses: ['10.0.0.1'] }, wrong, { addresses: ['10.0.0.3'] }];
    t.same(
      told(convert({ endpoints })),
      ['10.0.0.1:8080 ready serving', '10.0.0.3:8080 ready serving', problem],
      JSON.stringify(wrong),
    );
  }
});

t.test('an address with a zone is refused', async (t) => {
  t.same(told(convert({ addressType: 'IPv6', endpoints: [{ addresses: ['fe80::1%eth0'] }] })), [
    'endpoints[0].addresses[0]: "fe80::1%eth0" is an address with a zone, which means nothing outside one link',
  ]);
});

t.test('null lists are empty, and other things instead of lists are said', async (t) => {
  t.same(told(convert({ endpoints: null, ports: null })), []);
  t.same(told(convert({ endpoints: 'x', ports: {} })), [
    'endpoints: is "x", not a list',
    'ports: is an object, not a list',
  ]);
});

t.test('slices that are not for a proxy are kept without endpoints and without a word', async (t) => {
  const endpoints = [{ addresses: ['10.0.0.1'] }];
  const headless = { ...metadata, labels: { ...metadata.labels, 'service.kubernetes.io/headless': '' } };
  for (const fields of [
    { addressType: 'FQDN', endpoints: [{ addresses: ['a.example'] }] },
    { metadata: headless, endpoints },
  ]) {
    const record = convert(fields);
    t.same(told(record), []);
    t.equal(record.service, 'default/web');
  }
});

t.test('a slice without a Service, a name or an address type says so', async (t) => {
  const endpoints = [{ addresses: ['10.0.0.1'] }];
  const table: readonly [unknown, RegExp][] = [
    [
      { metadata: { namespace: 'default', name: 'web-1' } },
      /^metadata\.labels: has no kubernetes\.io\/service-name/,
    ],
    [{ metadata: null }, /^metadata\.namespace: nothing is not a namespace/],
    [{ addressType: undefined }, /^addressType: nothing is not IPv4, IPv6 or FQDN/],
    [{ addressType: 'ipv4' }, /^addressType: "ipv4" is not/],
  ];
  for (const [fields, expected] of table) {
    const record = convert({ endpoints, ...(fields as object) });
    t.match(told(record)[0], expected);
    t.same(record.groups, []);
  }
});

t.test('the trigger time is read to the millisecond, or not at all', async (t) => {
  const table: readonly [unknown, number | undefined][] = [
    ['2024-05-01T10:00:00.123456789Z', Date.UTC(2024, 4, 1, 10, 0, 0, 123)],
    ['2024-05-01T12:00:00+02:00', Date.UTC(2024, 4, 1, 10)],
    ['yesterday', undefined],
    [17, undefined],
    [undefined, undefined],
  ];
  for (const [text, expected] of table) {
    const annotations = { 'endpoints.kubernetes.io/last-change-trigger-time': text };
    t.equal(
      convert({ metadata: { ...metadata, annotations }, endpoints: [] }).triggerTimeMs,
      expected,
      String(text),
    );
  }
});

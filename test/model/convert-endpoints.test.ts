// Legacy Endpoints in the form of EndpointSlices.
import t from 'tap';
import { convertEndpoints } from '../../lib/model/convert-endpoints.js';
import type { EndpointsObject } from '../../lib/model/kube-objects.js';
import type { SliceRecord } from '../../lib/model/slice-record.js';

function convert(subsets: unknown, labels?: Record<string, string>): SliceRecord {
  const object = { kind: 'Endpoints', metadata: { namespace: 'default', name: 'web', labels }, subsets };
  return convertEndpoints(object as EndpointsObject, (text) => text);
}

/** `IPv4 http/TCP: 10.0.0.1:80 …`, `!` for one that is not ready. */
function groupsOf(record: SliceRecord): readonly string[] {
  return record.groups.map(({ ipFamily, portName, protocol, endpoints }) => {
    const list = endpoints.map(
      ({ ip, port, ready, serving }) => `${ip}:${port}${ready && serving ? '' : '!'}`,
    );
    return `${ipFamily} ${portName}/${protocol}: ${list.join(' ')}`;
  });
}

t.test('each subset is addresses times ports, by family', async (t) => {
  const record = convert([
    {
      addresses: [{ ip: '10.0.0.1', nodeName: 'n1' }, { ip: 'fd00::1' }],
      notReadyAddresses: [{ ip: '10.0.0.2' }],
      ports: [
        { name: 'http', port: 80, protocol: 'TCP' },
        { name: 'dns', port: 53, protocol: 'UDP' },
      ],
    },
    { addresses: [{ ip: '10.0.0.3' }], ports: [{ name: 'http', port: 8080 }] },
  ]);
  t.same(groupsOf(record), [
    'IPv4 http/TCP: 10.0.0.1:80 10.0.0.2:80!',
    'IPv4 dns/UDP: 10.0.0.1:53 10.0.0.2:53!',
    'IPv6 http/TCP: fd00::1:80',
    'IPv6 dns/UDP: fd00::1:53',
    'IPv4 http/TCP: 10.0.0.3:8080',
  ]);
  t.equal(record.service, 'default/web');
  t.equal(record.groups[0]?.endpoints[0]?.nodeName, 'n1');
  t.same(record.problems, []);
});

t.test('wrong fields are left out and named', async (t) => {
  const record = convert([
    {
      addresses: [{ ip: '10.0.0.1' }, { ip: 'x' }, null],
      notReadyAddresses: 7,
      ports: [{ port: 80 }, { name: 'b', port: 0 }],
    },
  ]);
  t.same(groupsOf(record), ['IPv4 /TCP: 10.0.0.1:80']);
  t.same(
    record.problems.map(({ object, field }) => `${object} ${field}`),
    ['addresses[1].ip', 'addresses[2].ip', 'notReadyAddresses', 'ports[1].port'].map(
      (field) => `Endpoints default/web subsets[0].${field}`,
    ),
  );
});

t.test('null and wrong subsets, headless and nameless objects have no endpoints', async (t) => {
  t.same(convert(null).problems, []);
  t.equal(convert('x').problems[0]?.field, 'subsets');
  const subsets = [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ port: 80 }] }];
  t.same(groupsOf(convert(subsets, { 'service.kubernetes.io/headless': '' })), []);
  const nameless = convertEndpoints(
    { kind: 'Endpoints', subsets } as unknown as EndpointsObject,
    (text) => text,
  );
  t.same([nameless.service, nameless.groups.length, nameless.problems.length], [undefined, 0, 2]);
});

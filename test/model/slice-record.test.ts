// When two states of a slice are the same to us.
import t from 'tap';
import {
  type SliceRecord,
  sameEndpoint,
  sameLists,
  sameRecord,
  sameTexts,
} from '../../lib/model/slice-record.js';

const endpoint = {
  ip: '10.0.0.1',
  port: 80,
  ready: true,
  serving: true,
  terminating: false,
  nodeName: 'n',
  zone: 'z',
};
const group = { ipFamily: 'IPv4', portName: 'p', protocol: 'TCP', endpoints: [endpoint] } as const;
const problem = { object: 'o', field: 'f', message: 'm' };
const record: SliceRecord = {
  kind: 'EndpointSlice',
  service: 'default/web',
  ipFamily: 'IPv4',
  groups: [group],
  problems: [problem],
  triggerTimeMs: 1,
};

t.test('equal records are the same, whatever their trigger time', async (t) => {
  t.ok(sameRecord(record, structuredClone(record)));
  t.ok(sameRecord(record, { ...record, triggerTimeMs: 2 }));
});

t.test('any other difference counts', async (t) => {
  const withEndpoint = (change: object) => ({
    ...record,
    groups: [{ ...group, endpoints: [{ ...endpoint, ...change }] }],
  });
  const others: readonly SliceRecord[] = [
    { ...record, kind: 'Endpoints' },
    { ...record, service: undefined },
    { ...record, ipFamily: 'IPv6' },
    { ...record, groups: [] },
    { ...record, groups: [{ ...group, ipFamily: 'IPv6' }] },
    { ...record, groups: [{ ...group, portName: 'q' }] },
    { ...record, groups: [{ ...group, protocol: 'UDP' }] },
    { ...record, problems: [] },
    ...(['object', 'field', 'message'] as const).map((key) => ({
      ...record,
      problems: [{ ...problem, [key]: 'x' }],
    })),
    ...[
      { ip: '10.0.0.2' },
      { port: 81 },
      { ready: false },
      { serving: false },
      { terminating: true },
      { nodeName: 'm' },
      { zone: 'y' },
    ].map(withEndpoint),
  ];
  for (const other of others) t.notOk(sameRecord(record, other), JSON.stringify(other));
});

t.test('lists are the same element by element', async (t) => {
  const same = (a: readonly number[], b: readonly number[]) => sameLists(a, b, Object.is);
  t.ok(same([], []));
  t.ok(same([1, 2], [1, 2]));
  t.notOk(same([1, 2], [2, 1]));
  t.notOk(same([1], [1, 2]));
});

t.test('hints belong to an endpoint', async (t) => {
  const hinted = { ...endpoint, zoneHints: ['z'], nodeHints: ['n'] };
  t.ok(sameEndpoint(hinted, structuredClone(hinted)));
  for (const other of [
    endpoint,
    { ...hinted, zoneHints: ['y'] },
    { ...hinted, nodeHints: ['n', 'm'] },
    { ...endpoint, zoneHints: ['z'] },
    { ...endpoint, nodeHints: ['n'] },
  ]) {
    t.notOk(sameEndpoint(hinted, other));
    t.notOk(sameEndpoint(other, hinted));
  }
});

t.test('an absent list of texts is not an empty one', async (t) => {
  t.ok(sameTexts(undefined, undefined));
  t.ok(sameTexts(['a'], ['a']));
  t.notOk(sameTexts(undefined, []));
  t.notOk(sameTexts([], undefined));
  t.notOk(sameTexts(['a', 'b'], ['b', 'a']));
});

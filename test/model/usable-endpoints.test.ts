// Which endpoints take new connections, by scope. The cases of kube-proxy's TestCategorizeEndpoints are here, those of
// gates and annotations that are gone left out.
import t from 'tap';
import type { Endpoint } from '../../lib/model/endpoint.js';
import { noEndpoints, reachableEndpoints, usableEndpoints } from '../../lib/model/usable-endpoints.js';
import { servicePort } from '../support/service-port.js';

/**
 * `1 local z:a,b n:x`: 10.0.0.1, ready, on this node, hinted for zones a and b and node x. Instead of ready: `unready`,
 * `leaving` (serves while it terminates), `dead` (terminates and no longer serves).
 */
function endpointOf(text: string): Endpoint {
  const [last = '', ...words] = text.split(' ');
  const hints = (kind: string): readonly string[] | undefined =>
    words
      .find((word) => word.startsWith(`${kind}:`))
      ?.slice(2)
      .split(',');
  const [zoneHints, nodeHints] = [hints('z'), hints('n')];
  const leaving = words.includes('leaving');
  const dead = words.includes('dead');
  return {
    ip: `10.0.0.${last}`,
    port: 80,
    ready: !leaving && !dead && !words.includes('unready'),
    serving: !dead && !words.includes('unready'),
    terminating: leaving || dead,
    nodeName: words.includes('local') ? 'here' : 'elsewhere',
    ...(zoneHints && { zoneHints }),
    ...(nodeHints && { nodeHints }),
  };
}

const endpointsOf = (text: string): readonly Endpoint[] =>
  text === '' ? [] : text.split('; ').map((one) => endpointOf(one));
const names = (list: readonly Endpoint[]): string => list.map(({ ip }) => ip.slice(7)).join('');

const policies = {
  plain: servicePort(),
  'iTP Local': servicePort({ internalPolicy: 'Local' }),
  'eTP Local': servicePort({ externalPolicy: 'Local', nodePort: 30080 }),
  'eTP Local, not accessible': servicePort({ externalPolicy: 'Local' }),
  'iTP Local, eTP Cluster': servicePort({ internalPolicy: 'Local', nodePort: 30080 }),
  'iTP and eTP Local': servicePort({ internalPolicy: 'Local', externalPolicy: 'Local', nodePort: 30080 }),
} as const;

/** `Cluster/Local`, then `?` where there is none anywhere; node `here` in zone `a` unless told. */
function told(policy: keyof typeof policies, endpoints: string, zone = 'a'): string {
  const usable = usableEndpoints(endpointsOf(endpoints), policies[policy], { name: 'here', zone });
  return `${names(usable.Cluster)}/${names(usable.Local)}${usable.hasAny ? '' : '?'}`;
}

t.test('ready ones, or else those that serve while they terminate', async (t) => {
  const table: readonly [endpoints: string, expected: string][] = [
    ['', '/?'],
    ['1; 2', '12/'],
    ['1; 2 unready; 3 leaving', '1/'],
    ['1 unready; 2 leaving', '2/'],
    ['1 leaving local; 2 leaving', '12/'],
    ['1 leaving; 2 dead; 3 leaving', '13/'],
    ['1 unready; 2 dead', '/?'],
    ['1 unready; 2 unready', '/?'],
    ['1 unready; 2', '2/'],
  ];
  for (const [endpoints, expected] of table) t.equal(told('plain', endpoints), expected, endpoints);
});

t.test('an endpoint that serves and is neither ready nor terminating is not usable', async (t) => {
  const all = [{ ...endpointOf('1'), ready: false }];
  t.match(usableEndpoints(all, policies.plain, { name: 'here', zone: 'a' }), { Cluster: [], hasAny: false });
});

t.test('one that is ready though it terminates is usable: publishNotReadyAddresses', async (t) => {
  const all = [{ ...endpointOf('1 local'), serving: false, terminating: true }];
  const usable = usableEndpoints(all, policies['iTP and eTP Local'], { name: 'here', zone: 'a' });
  t.same([usable.Cluster, usable.Local, usable.hasAny, usable.localReady], [all, all, true, 1]);
});

t.test('hints are followed where they are complete', async (t) => {
  const zones = '3 z:a; 4 z:b; 5 z:c; 6 z:a';
  const table: readonly [what: string, endpoints: string, expected: string, zone?: string][] = [
    ['hints for zones', zones, '36/'],
    ['a node without a zone', zones, '3456/', ''],
    ['a zone that no endpoint is meant for', '3 z:a', '3/', 'b'],
    ['an endpoint that is not ready', '3 z:a; 4 z:b; 5 z:c; 6 z:a unready', '3/'],
    ['none ready in the zone', '3 z:a unready; 4 z:b; 5 z:c; 6 z:a unready', '45/'],
    ['a ready one without a hint', '3 z:a; 4 z:b; 5; 6 z:a', '3456/'],
    ['an unready one without a hint', '3 z:a; 4 z:b; 5 unready; 6 z:a', '36/'],
    ['several zones for one endpoint', '3 z:a,b,c; 4 z:b,c; 5 z:b,d; 6 z:c', '346/', 'c'],
    ['a node before a zone', '3 n:here z:a; 4 n:other z:a; 5 n:other z:b', '3/'],
    ['no endpoint for this node', '3 n:other z:a; 4 n:third z:a; 5 n:other z:b', '34/'],
    ['no endpoint for this node or its zone', '3 n:other z:b; 4 n:third z:c', '34/'],
    ['one without a node, all with zones', '3 n:here z:a; 4 n:other z:a; 5 z:b', '34/'],
    ['hints for nodes only', '3 n:here; 4 n:other', '3/'],
    ['hints for nodes only, none for this', '3 n:third; 4 n:other', '34/'],
    ['one with a node and one with a zone', '3 n:here; 4 z:a', '34/'],
    ['several nodes for one endpoint', '3 n:third,here; 4 n:other', '3/'],
    ['the chosen one became unready', '3 n:here z:a unready; 4 n:other z:a; 5 n:third z:b', '4/'],
    ['only leaving ones: hints say nothing', '3 n:here z:a leaving; 4 n:other z:b leaving', '34/'],
  ];
  for (const [what, endpoints, expected, zone] of table)
    t.equal(told('plain', endpoints, zone), expected, what);
});

t.test('policies: the Local scope knows no hints, and each scope falls back on its own', async (t) => {
  const zoned = '3 z:a local; 4 z:b local; 5 z:c; 6 z:a';
  const table: readonly [policy: keyof typeof policies, endpoints: string, expected: string][] = [
    ['eTP Local', zoned, '36/34'],
    ['iTP Local, eTP Cluster', zoned, '36/34'],
    ['eTP Local', '0 z:a local; 1 z:b local; 2 z:a; 3 z:b', '02/01'],
    ['iTP Local', '', '/?'],
    ['iTP Local', '0; 1', '/'],
    ['iTP Local', '0 local; 1 local', '/01'],
    ['iTP Local', '0 local; 1', '/0'],
    ['iTP Local', '0 unready local; 1 unready', '/?'],
    ['iTP Local', '0 leaving local; 1', '/0'],
    ['iTP Local', '0 leaving; 1 unready local', '/'],
    ['iTP Local, eTP Cluster', '0 local; 1', '01/0'],
    ['eTP Local', '0 local; 1', '01/0'],
    ['iTP and eTP Local', '0 local; 1', '01/0'],
    ['iTP and eTP Local', '0; 1', '01/'],
    ['iTP and eTP Local', '0 leaving; 1 leaving', '01/'],
    ['eTP Local', '0; 1 dead local; 2 leaving local; 3 leaving', '0/2'],
    ['eTP Local', '0 local; 1 leaving local', '0/0'],
    ['eTP Local, not accessible', '0; 1 local', '01/'],
    ['plain', '0 local; 1', '01/'],
  ];
  for (const [policy, endpoints, expected] of table)
    t.equal(told(policy, endpoints), expected, `${policy}: ${endpoints}`);
});

t.test('without a node name no endpoint is local, not even one without a node', async (t) => {
  const { nodeName: _, ...homeless } = endpointOf('1');
  for (const all of [[homeless], [{ ...homeless, nodeName: '' }]]) {
    const usable = usableEndpoints(all, policies['iTP and eTP Local'], { name: '', zone: '' });
    t.same([usable.Cluster, usable.Local, usable.localReady], [all, [], 0]);
  }
});

t.test('resting: what is not chosen though it is not going away', async (t) => {
  const table: readonly [policy: keyof typeof policies, endpoints: string, resting: string][] = [
    ['plain', '1; 2', ''],
    ['plain', '1; 2 unready; 3 leaving; 4 dead', '2'],
    ['plain', '1 unready', '1'],
    ['plain', '1 z:a; 2 z:b; 3 z:b unready; 4 z:b leaving', '23'],
    ['iTP Local', '1 local; 2; 3 unready', '3'],
    ['eTP Local', '1 local z:b; 2 z:a', '1'],
  ];
  for (const [policy, endpoints, resting] of table) {
    const usable = usableEndpoints(endpointsOf(endpoints), policies[policy], { name: 'here', zone: 'a' });
    t.equal(names(usable.resting), resting, `${policy}: ${endpoints}`);
  }
});

t.test('localReady counts addresses of ready ones on this node, whatever the policy', async (t) => {
  const table: readonly [endpoints: readonly Endpoint[], count: number][] = [
    [endpointsOf('1 local; 2; 3 local unready'), 1],
    [endpointsOf('1 local leaving; 2'), 0],
    [[endpointOf('1 local'), { ...endpointOf('1 local'), port: 81 }, endpointOf('2 local')], 2],
    [[], 0],
  ];
  for (const policy of [policies.plain, policies['eTP Local']]) {
    for (const [endpoints, count] of table) {
      t.equal(usableEndpoints(endpoints, policy, { name: 'here', zone: '' }).localReady, count);
    }
  }
});

t.test('what did not change is the same object, and what equals all is that very array', async (t) => {
  const node = { name: 'here', zone: 'a' };
  const local = policies['eTP Local'];
  const all = endpointsOf('1; 2 unready; 3 local');
  const before = usableEndpoints(all, local, node);
  t.equal(usableEndpoints(structuredClone(all), local, node, before), before);
  t.equal(usableEndpoints(all, { ...local, port: 81 }, node, before), before, 'the number plays no part');
  const after = usableEndpoints(endpointsOf('1; 2 unready; 3 local; 4'), local, node, before);
  t.not(after.Cluster, before.Cluster);
  t.equal(after.Local, before.Local);
  t.equal(after.resting, before.resting);
  const ready = endpointsOf('1; 2');
  t.equal(usableEndpoints(ready, policies.plain, node).Cluster, ready);
  t.equal(usableEndpoints([], local, node), noEndpoints);
});

t.test('every difference makes another object', async (t) => {
  const node = { name: 'here', zone: 'a' };
  const before = usableEndpoints(endpointsOf('1; 2 unready; 3 local'), policies['eTP Local'], node);
  for (const other of [
    '1; 2; 3 local',
    '1; 2 unready',
    '1; 2 dead; 3 local',
    '1; 2 unready; 3',
    '1; 2 unready; 3 local z:b',
    '1; 2 unready; 3 local n:x',
    '1 leaving',
  ]) {
    t.not(usableEndpoints(endpointsOf(other), policies['eTP Local'], node, before), before, other);
  }
});

t.test('reachable is what either scope leads to, each once', async (t) => {
  const table: readonly [policy: keyof typeof policies, endpoints: string, reachable: string][] = [
    ['plain', '1; 2', '12'],
    ['iTP Local', '1 local; 2', '1'],
    ['eTP Local', '1 local; 2', '12'],
    ['eTP Local', '0 local z:a; 1 local z:b; 2 z:a', '021'],
    ['eTP Local', '0; 1 leaving local', '01'],
  ];
  for (const [policy, endpoints, reachable] of table) {
    const usable = usableEndpoints(endpointsOf(endpoints), policies[policy], { name: 'here', zone: 'a' });
    t.equal(names(reachableEndpoints(usable)), reachable, `${policy}: ${endpoints}`);
  }
});

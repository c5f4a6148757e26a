// Traffic policies as stories: which listeners there are, where each portal leads, and what an endpoint's coming or going
// changes of it.
import t from 'tap';
import type { KubeObject } from '../../lib/model/kube-objects.js';
import { Proxier } from '../../lib/proxier/proxier.js';
import { fakeWorld } from '../support/fake-edges.js';
import { service, slice } from '../support/objects.js';

async function started(objects: readonly KubeObject[], overrides: Parameters<typeof fakeWorld>[0] = {}) {
  const world = fakeWorld(overrides);
  const proxier = new Proxier(world.options);
  proxier.start();
  const handler = world.source.handler;
  if (!handler) throw new Error('the proxier did not start its source');
  for (const object of objects) handler.upsert(object);
  world.source.sync();
  await world.clock.advance(10);
  const story = world.tell().filter((line) => line !== 'forget rules');
  const change = async (...changed: readonly KubeObject[]) => {
    for (const object of changed) handler.upsert(object);
    await world.clock.advance(200);
    return world.tell();
  };
  return { world, proxier, story, change };
}

type Policy = 'Cluster' | 'Local';

function web(internalTrafficPolicy: Policy, externalTrafficPolicy: Policy, protocol: 'TCP' | 'UDP' = 'TCP') {
  const spec = { type: 'NodePort', internalTrafficPolicy, externalTrafficPolicy } as const;
  return service('web', '10.96.0.1', { ports: [{ port: 80, protocol, nodePort: 30_080 }], spec });
}

function endpoints(near: readonly string[], far: readonly string[], protocol: 'TCP' | 'UDP' = 'TCP') {
  const of = (ips: readonly string[], nodeName: string) => ips.map((ip) => ({ addresses: [ip], nodeName }));
  const ports = [{ name: '', port: 8080, protocol }];
  return slice('web', [], { endpoints: [...of(near, 'node-1'), ...of(far, 'node-2')], ports });
}

const near = ['10.244.1.1'];
const far = ['10.244.2.1'];

t.test('the whole table', async (t) => {
  const rulesOf = async (internal: Policy, external: Policy) => {
    const { story, world } = await started([web(internal, external), endpoints(near, far)]);
    const ips = (key: string) =>
      world.configs
        .get(`default/web/TCP/IPv4${key}`)
        ?.endpoints.map(({ ip }) => ip)
        .join();
    return [story.at(-1), ips(''), ips(' Local'), ips(' nodePort')];
  };
  const all = '10.244.1.1,10.244.2.1';
  const own = '10.244.1.1';
  t.same(await rulesOf('Cluster', 'Cluster'), [
    'rules 10.96.0.1:80>40000, :30080>40000',
    all,
    undefined,
    all,
  ]);
  t.same(await rulesOf('Cluster', 'Local'), [
    'rules 10.96.0.1:80>40000, :30080>40000 for the cluster, 40001',
    all,
    own,
    own,
  ]);
  t.same(await rulesOf('Local', 'Cluster'), ['rules 10.96.0.1:80>40001, :30080>40000', all, own, all]);
  t.same(await rulesOf('Local', 'Local'), [
    'rules 10.96.0.1:80>40001, :30080>40000 for the cluster, 40001',
    all,
    own,
    own,
  ]);
});

t.test('without endpoints here: dropped while others have some, refused when nobody does', async (t) => {
  const { story, change } = await started([web('Cluster', 'Local'), endpoints([], far)]);
  t.equal(story.at(-1), 'rules 10.96.0.1:80>40000, :30080>40000 for the cluster, 40001 dropped');
  t.equal(
    (await change(endpoints([], []))).at(-1),
    'rules 10.96.0.1:80>40000 refused, :30080>40000 for the cluster refused, 40001 refused',
  );
  t.equal(
    (await change(endpoints(near, []))).at(-1),
    'rules 10.96.0.1:80>40000, :30080>40000 for the cluster, 40001',
  );
});

t.test('an endpoint that comes or goes touches no rule, in either scope', async (t) => {
  const desired = new Set<unknown>();
  const { world, change } = await started([web('Cluster', 'Local'), endpoints(near, far)]);
  const apply = world.options.rules.apply;
  world.options.rules.apply = (rules) => {
    desired.add(rules);
    return apply(rules);
  };
  t.same((await change(endpoints(near, ['10.244.2.2']))).slice(0, -1), ['update web 10.244.1.1 10.244.2.2']);
  t.equal(
    (await change(endpoints([...near, '10.244.1.2'], ['10.244.2.2']))).length,
    4,
    'three listeners, and rules',
  );
  t.equal(desired.size, 1, 'the very same object');
});

t.test(
  'another policy: the new listener is there before the rules, the old one until after them',
  async (t) => {
    const { change } = await started([web('Cluster', 'Cluster'), endpoints(near, far)]);
    t.same(await change(web('Cluster', 'Local')), [
      'open web Local 40002',
      'update web claim 10.244.1.1',
      'rules 10.96.0.1:80>40000, :30080>40000 for the cluster, 40002',
    ]);
    t.same(await change(web('Cluster', 'Cluster')), [
      'update web claim 10.244.1.1 10.244.2.1',
      'rules 10.96.0.1:80>40000, :30080>40000',
      'close web Local 40002',
    ]);
  },
);

t.test(
  'a policy that changes while a pass waits for the packet filter takes nothing from anybody',
  async (t) => {
    const { world, change } = await started([web('Cluster', 'Cluster'), endpoints(near, far)]);
    const apply = world.options.rules.apply;
    let goOn = (): void => {};
    world.options.rules.apply = async (rules) => {
      await new Promise<void>((resolve) => {
        goOn = resolve;
      });
      return apply(rules);
    };
    await change(service('other', '10.96.0.2'));
    await change(service('web', '10.96.0.1', { spec: { internalTrafficPolicy: 'Local' } }));
    t.equal(world.configs.get('default/web/TCP/IPv4')?.endpoints.length, 2, 'rules still lead there');
    world.options.rules.apply = apply;
    goOn();
    await world.clock.advance(500);
    t.same(world.tell(), [
      'rules 10.96.0.1:80>40000, :30080>40000, 10.96.0.2:80>40002 refused',
      'open web Local 40004',
      'rules 10.96.0.1:80>40004, 10.96.0.2:80>40002 refused',
      'close web 40000',
      'close web claim 30080',
    ]);
  },
);

t.test('UDP flows of outsiders are put right when their way changes, and when it is dropped', async (t) => {
  const { story, change } = await started([web('Cluster', 'Cluster', 'UDP'), endpoints(near, far, 'UDP')]);
  const conntrack = (lines: readonly string[]) => lines.filter((line) => line.startsWith('conntrack'));
  t.same(conntrack(story), ['conntrack 10.96.0.1:80>40000 :30080>40000']);
  t.same(conntrack(await change(endpoints([], far, 'UDP'))), []);
  t.same(conntrack(await change(web('Cluster', 'Local', 'UDP'))), ['conntrack :30080']);
  t.same(conntrack(await change(endpoints(near, far, 'UDP'))), ['conntrack :30080>40000+40002']);
  t.same(conntrack(await change(web('Cluster', 'Cluster', 'UDP'))), ['conntrack :30080>40000']);
});

t.test('load balancers and external IPs, with their source ranges', async (t) => {
  const spec = {
    type: 'LoadBalancer',
    externalIPs: ['203.0.113.1'],
    loadBalancerSourceRanges: ['198.51.100.0/24', 'fd00::/8'],
  } as const;
  const status = {
    loadBalancer: { ingress: [{ ip: '203.0.113.2' }, { ip: '203.0.113.3', ipMode: 'Proxy' }] },
  };
  const { proxier } = await started([{ ...service('web', '10.96.0.1', { spec }), status }]);
  const portals = proxier.plan()?.desired.portals ?? [];
  t.same(
    portals.map(({ kind, ip, sourceRanges }) => [kind, ip, sourceRanges]),
    [
      ['clusterIP', '10.96.0.1', undefined],
      ['loadBalancer', '203.0.113.2', ['198.51.100.0/24']],
      ['externalIP', '203.0.113.1', undefined],
    ],
  );
});

t.test('pods are told from others by the podCIDRs of our Node, once they are known', async (t) => {
  const { world, proxier, change } = await started([web('Cluster', 'Local')], {
    detectLocal: { kind: 'node-cidrs' },
  });
  t.same(proxier.plan()?.desired.detectLocal, { kind: 'cidrs', cidrs: { IPv4: [], IPv6: [] } });
  await change({
    kind: 'Node',
    metadata: { namespace: '', name: 'node-1' },
    spec: { podCIDRs: ['10.244.1.0/24'] },
  });
  t.same(proxier.plan()?.desired.detectLocal, {
    kind: 'cidrs',
    cidrs: { IPv4: ['10.244.1.0/24'], IPv6: [] },
  });
  t.same(proxier.node().podCIDRs.IPv4, ['10.244.1.0/24']);
  t.equal(world.story.filter((line) => line.startsWith('open')).length, 3);
});

t.test('affinity and draining reach the listeners of a Service, and touch no rule', async (t) => {
  const { world, change } = await started([web('Cluster', 'Cluster'), endpoints(near, far)]);
  const object = web('Cluster', 'Cluster');
  const annotations = { 'kube-portal/drain': '30s' };
  const lines = await change({
    ...object,
    metadata: { ...object.metadata, annotations },
    spec: { ...object.spec, sessionAffinity: 'ClientIP' },
  });
  t.same(lines.at(-1), 'rules 10.96.0.1:80>40000, :30080>40000');
  t.match(world.configs.get('default/web/TCP/IPv4'), {
    affinityTimeoutMs: 10_800_000,
    drain: { kind: 'reset', afterMs: 30_000 },
  });
});

// The loop as a story: which edge is asked what, in which order, when something changes, fails or is flushed.
import t from 'tap';
import { refOf } from '../../lib/model/kube-objects.js';
import { Proxier } from '../../lib/proxier/proxier.js';
import { settle } from '../support/fake-clock.js';
import { fakeWorld, plainHost } from '../support/fake-edges.js';
import { service, slice } from '../support/objects.js';

function started(overrides: Parameters<typeof fakeWorld>[0] = {}) {
  const world = fakeWorld(overrides);
  const proxier = new Proxier(world.options);
  proxier.start();
  const handler = world.source.handler;
  if (!handler) throw new Error('the proxier did not start its source');
  return { world, proxier, handler };
}

const toAll = (proxyPort: number) => [{ from: 'everybody', proxyPort } as const];

const dns = (name: string, ip: string) => service(name, ip, { ports: [{ port: 53, protocol: 'UDP' }] });
const dnsSlice = (name: string, ips: readonly string[]) =>
  slice(name, ips, { ports: [{ name: '', port: 53, protocol: 'UDP' }] });

t.test('nothing is touched before the source has synced; then listeners come before rules', async (t) => {
  const { world, proxier, handler } = started();
  handler.upsert(service('web', '10.96.0.1'));
  handler.upsert(slice('web', ['10.244.0.1']));
  await world.clock.advance(60_000);
  t.same(world.tell(), []);
  t.equal(proxier.syncHealth().healthy, false);
  world.source.sync();
  await world.clock.advance(10);
  t.same(world.tell(), ['forget rules', 'open web 40000', 'rules 10.96.0.1:80>40000']);
  await proxier.firstSync;
  t.equal(proxier.syncHealth().healthy, true);
});

t.test(
  'other settings are in force with a sync of their own; the same ones again cost nothing',
  async (t) => {
    const seen: unknown[] = [];
    const { world, proxier, handler } = started({ minSyncPeriodMs: 20_000 });
    const apply = world.options.rules.apply;
    world.options.rules.apply = (rules) => {
      const { nodePortAddresses, localhostNodePorts, detectLocal, dropInvalid } = rules;
      seen.push({ nodePortAddresses, localhostNodePorts, detectLocal, dropInvalid });
      return apply(rules);
    };
    const settings = {
      nodePortAddresses: 'primary',
      localhostNodePorts: false,
      detectLocal: { kind: 'node-cidrs' },
      dropInvalid: false,
      minSyncPeriodMs: 100,
      syncPeriodMs: 10_000,
    } as const;
    proxier.reconfigure({ ...settings, dropInvalid: true, minSyncPeriodMs: 20_000 });
    await world.clock.advance(30_000);
    t.same(seen, [], 'the source has not synced');
    world.source.sync();
    await world.clock.advance(10);
    const detectLocal = { kind: 'cidrs', cidrs: { IPv4: [], IPv6: [] } };
    const first = {
      nodePortAddresses: { IPv4: ['192.0.2.1'], IPv6: [] },
      localhostNodePorts: false,
      detectLocal,
    };
    t.same(seen, [{ ...first, dropInvalid: true }]);

    proxier.reconfigure(settings);
    await world.clock.advance(200);
    t.same(seen.slice(1), [{ ...first, dropInvalid: false }], 'and not 20 s after the sync before');
    proxier.reconfigure({ ...settings, detectLocal: { kind: 'node-cidrs' } });
    await world.clock.advance(1_000);
    t.equal(seen.length, 2);

    const metadata = { namespace: '', name: 'node-1', uid: 'n', resourceVersion: '1' };
    handler.upsert({ kind: 'Node', metadata, spec: { podCIDRs: ['10.244.3.0/24'] } });
    await world.clock.advance(200);
    t.match(seen[2], { detectLocal: { cidrs: { IPv4: ['10.244.3.0/24'] } } });
    await world.clock.advance(10_000);
    t.equal(seen.length, 4, 'the new sync period');
  },
);

t.test(
  'an endpoint change reaches the data plane; the rules it is shown are the very same object',
  async (t) => {
    const desired: unknown[] = [];
    const { world, handler } = started();
    const apply = world.options.rules.apply;
    world.options.rules.apply = (rules) => {
      desired.push(rules);
      return apply(rules);
    };
    handler.upsert(service('web', '10.96.0.1'));
    handler.upsert(slice('web', ['10.244.0.1']));
    world.source.sync();
    await world.clock.advance(10);
    world.tell();
    handler.upsert(slice('web', ['10.244.0.1', '10.244.0.2']));
    await world.clock.advance(200);
    t.same(world.tell(), ['update web 10.244.0.1 10.244.0.2', 'rules 10.96.0.1:80>40000']);
    t.equal(desired.length, 2);
    t.equal(desired[0], desired[1], 'which costs the rules nothing');
  },
);

t.test('changes within minSyncPeriod are one sync', async (t) => {
  const { world, handler } = started();
  world.source.sync();
  await world.clock.advance(1_000);
  world.tell();
  for (const n of [1, 2, 3]) handler.upsert(service(`s${n}`, `10.96.0.${n}`));
  await world.clock.advance(0);
  for (const n of [4, 5]) handler.upsert(service(`s${n}`, `10.96.0.${n}`));
  await world.clock.advance(99);
  t.equal(world.tell().filter((line) => line.startsWith('rules')).length, 1);
  await world.clock.advance(2);
  t.same(
    world.tell().filter((line) => line.startsWith('open')),
    ['open s4 40004', 'open s5 40006'],
  );
});

t.test('a Service that goes: first its rules, then its listener', async (t) => {
  const { world, handler } = started();
  const web = service('web', '10.96.0.1');
  handler.upsert(web);
  world.source.sync();
  await world.clock.advance(10);
  t.match(world.tell().at(-1), 'rules 10.96.0.1:80>40000 refused');
  handler.remove(refOf(web));
  await world.clock.advance(200);
  t.same(world.tell(), ['rules', 'close web 40000']);
});

t.test('a Service whose clusterIP or port changes keeps its listener', async (t) => {
  const { world, handler } = started();
  handler.upsert(service('web', '10.96.0.1'));
  handler.upsert(slice('web', ['10.244.0.1']));
  world.source.sync();
  await world.clock.advance(10);
  world.tell();
  handler.upsert(service('web', '10.96.0.9', { ports: [{ port: 8080 }] }));
  await world.clock.advance(200);
  t.same(world.tell(), ['rules 10.96.0.9:8080>40000']);
});

t.test('while the rules of a gone Service stand, its listener is not closed', async (t) => {
  const { world, proxier, handler } = started();
  const web = service('web', '10.96.0.1');
  handler.upsert(web);
  world.source.sync();
  await world.clock.advance(10);
  world.tell();
  world.failingFamilies.add('IPv4');
  handler.remove(refOf(web));
  await world.clock.advance(200);
  t.same(world.tell(), ['rules']);
  t.same(proxier.stats().restoreFailuresTotal, { IPv4: 1, IPv6: 0 });
  world.failingFamilies.clear();
  await world.clock.advance(600);
  t.same(world.tell(), ['rules', 'close web 40000'], 'a retry follows by itself');
});

t.test('healthy until a change has waited for longer than two sync periods', async (t) => {
  const { world, proxier, handler } = started();
  world.source.sync();
  await world.clock.advance(10);
  world.failingFamilies.add('IPv4');
  handler.upsert(service('web', '10.96.0.1'));
  await world.clock.advance(59_000);
  t.equal(proxier.syncHealth().healthy, true);
  await world.clock.advance(2_000);
  t.equal(proxier.syncHealth().healthy, false);
  world.failingFamilies.clear();
  await world.clock.advance(31_000);
  t.equal(proxier.syncHealth().healthy, true);
});

t.test('after a restart the standing ports are bound again, and nobody else gets them', async (t) => {
  const { world, handler } = started();
  world.standing.push({ ipFamily: 'IPv4', ip: '10.96.0.2', port: 80, protocol: 'TCP', ways: toAll(40_000) });
  handler.upsert(service('first', '10.96.0.1'));
  handler.upsert(service('second', '10.96.0.2'));
  world.source.sync();
  await world.clock.advance(10);
  const lines = world.tell();
  t.ok(lines.includes('open second 40000'), lines.join('; '));
});

t.test('a new Service does not get a port where rules of one that is gone still lead', async (t) => {
  const { world, handler } = started({ portRange: { first: 7000, last: 7001 } });
  world.standing.push({ ipFamily: 'IPv4', ip: '10.96.0.1', port: 80, protocol: 'TCP', ways: toAll(7000) });
  handler.upsert(service('new', '10.96.0.2'));
  world.failingFamilies.add('IPv4');
  world.source.sync();
  await world.clock.advance(10);
  t.match(world.tell(), ['forget rules', 'open new 7001', 'rules 10.96.0.2:80>7001']);
  handler.upsert(service('newer', '10.96.0.3'));
  await world.clock.advance(600);
  t.notMatch(world.tell().join(), 'open newer', 'not while the rules could not be written');
  world.failingFamilies.clear();
  await world.clock.advance(10_000);
  t.match(world.tell().join(), 'open newer 7000');
});

t.test('a standing port that somebody else holds by now is replaced', async (t) => {
  const { world, handler } = started();
  world.standing.push({ ipFamily: 'IPv4', ip: '10.96.0.1', port: 80, protocol: 'TCP', ways: toAll(41_000) });
  world.busyPorts.add(41_000);
  handler.upsert(service('web', '10.96.0.1'));
  world.source.sync();
  await world.clock.advance(10);
  t.ok(world.tell().includes('open web 40000'));
});

t.test("a used-up port range is that Service's problem alone, and over when a port is free", async (t) => {
  const { world, proxier, handler } = started({ portRange: { first: 7000, last: 7001 } });
  const services = [1, 2, 3].map((n) => service(`s${n}`, `10.96.0.${n}`));
  for (const object of services) handler.upsert(object);
  world.source.sync();
  await world.clock.advance(10);
  t.equal(world.configs.size, 2);
  t.match(proxier.problems(), [
    {
      subject: 'default/s3/TCP/IPv4',
      message: 'not served: no listener: no port of --proxy-port-range is free',
    },
  ]);
  t.equal(proxier.syncHealth().healthy, true, 'one Service without a port does not make the proxy sick');
  if (services[0]) handler.remove(refOf(services[0]));
  await world.clock.advance(2_000);
  t.equal(world.configs.has('default/s3/TCP/IPv4'), true);
  t.same(proxier.problems(), []);
});

t.test('UDP entries are deleted for what changed, and only then', async (t) => {
  const { world, handler } = started();
  handler.upsert(dns('dns', '10.96.0.10'));
  handler.upsert(dnsSlice('dns', ['10.244.0.1']));
  handler.upsert(service('web', '10.96.0.1'));
  world.source.sync();
  await world.clock.advance(10);
  const conntrack = () => world.tell().filter((line) => line.startsWith('conntrack'));
  t.same(conntrack(), ['conntrack 10.96.0.10:53>40000'], 'on start');
  handler.upsert(dnsSlice('dns', ['10.244.0.2']));
  await world.clock.advance(200);
  t.same(conntrack(), [], 'the data plane moves flows between endpoints by itself');
  handler.upsert(dnsSlice('dns', []));
  await world.clock.advance(200);
  t.same(conntrack(), ['conntrack 10.96.0.10:53'], 'to zero: or the refusal would not be heard');
  handler.upsert(dnsSlice('dns', ['10.244.0.3']));
  await world.clock.advance(200);
  t.same(conntrack(), ['conntrack 10.96.0.10:53>40000'], 'from zero');
  handler.remove(refOf(dns('dns', '10.96.0.10')));
  await world.clock.advance(200);
  t.same(conntrack(), ['conntrack 10.96.0.10:53'], 'gone');
});

t.test('a flush is noticed and repaired within two looks', async (t) => {
  const { world, proxier, handler } = started();
  handler.upsert(service('web', '10.96.0.1'));
  world.source.sync();
  await world.clock.advance(2_100);
  world.tell();
  world.drifted = true;
  await world.clock.advance(1_200);
  t.same(world.tell(), ['rules 10.96.0.1:80>40000 refused']);
  t.equal(proxier.stats().driftsTotal, 1);
});

t.test(
  'DNAT once an interface stays without an address, REDIRECT for one that is just coming up',
  async (t) => {
    const { world, handler } = started();
    handler.upsert(service('web', '10.96.0.1'));
    handler.upsert(slice('web', ['10.244.0.1']));
    world.source.sync();
    await world.clock.advance(1_500);
    world.tell();
    const lacking = { ...plainHost, withoutAddress: { IPv4: ['cali1'], IPv6: [] } };
    world.host = lacking;
    await world.clock.advance(600);
    world.host = plainHost;
    await world.clock.advance(5_000);
    t.notMatch(world.tell().join('\n'), /dnat/);
    world.host = lacking;
    await world.clock.advance(3_000);
    t.match(world.tell().join('\n'), /dnat 192\.0\.2\.1/);
    t.same(world.configs.get('default/web/TCP/IPv4')?.replyAddresses, ['192.0.2.1']);
  },
);

t.test('an endpoint that is its own portal or a proxy port is refused, the others serve', async (t) => {
  const { world, proxier, handler } = started();
  handler.upsert(service('web', '10.96.0.1'));
  handler.upsert(
    slice('web', [], {
      endpoints: [{ addresses: ['10.96.0.1'] }, { addresses: ['10.244.0.1'] }],
      ports: [{ name: '', port: 80, protocol: 'TCP' }],
    }),
  );
  handler.upsert(service('late', '10.96.0.2'));
  handler.upsert(slice('late', ['192.0.2.1'], { ports: [{ name: '', port: 40_000, protocol: 'TCP' }] }));
  world.source.sync();
  await world.clock.advance(10);
  t.same(
    world.configs.get('default/web/TCP/IPv4')?.endpoints.map(({ ip }) => ip),
    ['10.244.0.1'],
  );
  t.same(world.configs.get('default/late/TCP/IPv4')?.endpoints, []);
  t.equal(proxier.problems().length, 2);
});

t.test("the time from the API's change to its being in force is reported once", async (t) => {
  const { world, handler } = started();
  handler.upsert(service('web', '10.96.0.1'));
  handler.upsert(
    slice('web', [], {
      annotations: {
        'endpoints.kubernetes.io/last-change-trigger-time': new Date(world.clock.now() - 9_000).toISOString(),
      },
    }),
  );
  await world.clock.advance(3_500);
  world.source.sync();
  await world.clock.advance(500);
  const changedAt = new Date(world.clock.now() - 3_000).toISOString();
  handler.upsert(
    slice('web', ['10.244.0.1'], {
      annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': changedAt },
    }),
  );
  await world.clock.advance(31_000);
  t.same(
    world.reports.flatMap(({ programmingSeconds }) => programmingSeconds.IPv4),
    [3],
  );
});

t.test('stop: no object, no sync, the data plane drains; rules go only when asked', async (t) => {
  for (const cleanup of [false, true]) {
    const { world, proxier, handler } = started();
    handler.upsert(service('web', '10.96.0.1'));
    world.source.sync();
    await world.clock.advance(10);
    world.tell();
    await Promise.all([proxier.stop({ graceMs: 5, cleanup }), proxier.stop({ graceMs: 5, cleanup })]);
    handler.upsert(service('late', '10.96.0.2'));
    await world.clock.advance(60_000);
    const expected = ['source closes', 'data plane closes within 5'];
    t.same(world.tell(), cleanup ? [...expected, 'cleanup'] : expected);
    t.equal(world.clock.waiting(), 0, 'no timer is left');
  }
  await settle();
});

t.test('endpoints do not wait for a packet filter that hangs', async (t) => {
  const { world, handler } = started();
  handler.upsert(service('web', '10.96.0.1'));
  handler.upsert(slice('web', ['10.244.0.1']));
  world.source.sync();
  await world.clock.advance(10);
  const apply = world.options.rules.apply;
  let goOn = (): void => {};
  world.options.rules.apply = async (rules) => {
    await new Promise<void>((resolve) => {
      goOn = resolve;
    });
    return apply(rules);
  };
  handler.upsert(service('other', '10.96.0.2'));
  await world.clock.advance(200);
  handler.upsert(slice('web', ['10.244.0.9']));
  await world.clock.advance(200);
  t.match(world.configs.get('default/web/TCP/IPv4')?.endpoints, [{ ip: '10.244.0.9' }]);
  world.options.rules.apply = apply;
  goOn();
  await world.clock.advance(500);
  t.equal(world.story.filter((line) => line.startsWith('open')).length, 2);
});

t.test('rules that were flushed and can not be written again make it unhealthy', async (t) => {
  const { world, proxier, handler } = started();
  handler.upsert(service('web', '10.96.0.1'));
  world.source.sync();
  await world.clock.advance(2_000);
  world.drifted = true;
  world.failingFamilies.add('IPv4');
  await world.clock.advance(70_000);
  t.equal(proxier.syncHealth().healthy, false);
  world.failingFamilies.clear();
  await world.clock.advance(6_000);
  t.equal(proxier.syncHealth().healthy, true, 'and the way back takes seconds');
});

t.test(
  'unhealthy while it stops; a step that fails does not keep the next ones from being done',
  async (t) => {
    const { world, proxier } = started();
    world.source.sync();
    await world.clock.advance(10);
    t.equal(proxier.syncHealth().healthy, true);
    world.options.source.close = async () => {
      throw new Error('stuck');
    };
    const stopping = proxier.stop({ graceMs: 5, cleanup: true });
    t.equal(proxier.syncHealth().healthy, false);
    await t.rejects(stopping, { message: 'the proxier could not stop cleanly' });
    t.same(world.story.slice(-2), ['data plane closes within 5', 'cleanup']);
  },
);

// NodePorts as stories: who holds the port, what becomes of one that another process holds, and who makes room for whom.
import t from 'tap';
import { refOf } from '../../lib/model/kube-objects.js';
import { ListenError } from '../../lib/proxier/data-plane.js';
import { Proxier } from '../../lib/proxier/proxier.js';
import { fakeWorld, plainHost } from '../support/fake-edges.js';
import { service, slice } from '../support/objects.js';

function started(overrides: Parameters<typeof fakeWorld>[0] = {}) {
  const world = fakeWorld(overrides);
  const proxier = new Proxier(world.options);
  proxier.start();
  const handler = world.source.handler;
  if (!handler) throw new Error('the proxier did not start its source');
  const next = async () => {
    await world.clock.advance(200);
    return world.tell().filter((line) => line !== 'forget rules');
  };
  const sync = async () => {
    world.source.sync();
    return next();
  };
  return { world, proxier, handler, next, sync };
}

type Protocol = 'TCP' | 'UDP' | 'SCTP';

function nodePortService(name: string, ip: string, nodePort: number, protocol: Protocol = 'TCP', spec = {}) {
  return service(name, ip, {
    ports: [{ port: 80, protocol, nodePort }],
    spec: { type: 'NodePort', ...spec },
  });
}

const webKey = 'default/web/TCP/IPv4';

t.test('the port is held before any rule leads from it, and let go after the rules are', async (t) => {
  const { handler, next, sync, world } = started();
  const web = nodePortService('web', '10.96.0.1', 30_080);
  handler.upsert(web);
  handler.upsert(slice('web', ['10.244.0.1']));
  t.same(await sync(), ['open web claim 30080', 'open web 40000', 'rules 10.96.0.1:80>40000, :30080>40000']);
  t.match(world.configs.get(`${webKey} nodePort`), { endpoints: [{ ip: '10.244.0.1' }], replyAddresses: [] });
  handler.upsert(slice('web', ['10.244.0.2']));
  t.same(await next(), [
    'update web 10.244.0.2',
    'update web claim 10.244.0.2',
    'rules 10.96.0.1:80>40000, :30080>40000',
  ]);
  handler.upsert(service('web', '10.96.0.1'));
  t.same(await next(), ['rules 10.96.0.1:80>40000', 'close web claim 30080']);
  handler.upsert(web);
  t.same(await next(), ['open web claim 30080', 'rules 10.96.0.1:80>40000, :30080>40000']);
  handler.remove(refOf(web));
  t.same(await next(), ['rules', 'close web 40000', 'close web claim 30080']);
});

t.test('another nodePort: the new port is held before the old one is let go', async (t) => {
  const { handler, next, sync } = started();
  handler.upsert(nodePortService('web', '10.96.0.1', 30_080));
  await sync();
  handler.upsert(nodePortService('web', '10.96.0.1', 30_081));
  t.same(await next(), [
    'open web claim 30081',
    'rules 10.96.0.1:80>40000 refused, :30081>40000 refused',
    'close web claim 30080',
  ]);
});

t.test(
  "a port of another process is left to it, said, and asked for again with the next periods' syncs",
  async (t) => {
    const { world, proxier, handler, next, sync } = started();
    world.busyPorts.add(30_080);
    handler.upsert(nodePortService('web', '10.96.0.1', 30_080));
    handler.upsert(nodePortService('fine', '10.96.0.2', 30_081));
    t.match(
      (await sync()).at(-1),
      /^rules 10\.96\.0\.1:80>\d+ refused, 10\.96\.0\.2:80>\d+ refused, :30081>\d+ refused$/,
    );
    const message = 'nodePort 30080 is not served on this node: another process listens on that port';
    t.same(proxier.problems(), [{ subject: webKey, message, kind: 'nodePort' }]);
    t.same(
      proxier.servicePort(webKey)?.portals.map(({ ways }) => ways.length),
      [1, 0],
    );
    t.equal(proxier.syncHealth().healthy, true);

    let tries = 0;
    const open = world.options.dataPlane.open.bind(world.options.dataPlane);
    world.options.dataPlane.open = (spec, config, port) => {
      if (port === 30_080) tries += 1;
      return open(spec, config, port);
    };
    for (const ip of ['10.244.0.1', '10.244.0.2', '10.244.0.3']) {
      handler.upsert(slice('fine', [ip]));
      await next();
    }
    t.equal(tries, 0, 'not with each change');
    await world.clock.advance(31_000);
    t.equal(tries, 1);
    world.busyPorts.delete(30_080);
    await world.clock.advance(31_000);
    t.equal(tries, 2);
    t.match(world.tell().join('\n'), /open web claim 30080\nrules .*:30080>/);
    t.same(proxier.problems(), []);
  },
);

t.test('a pod of the host that listens on its own nodePort is an endpoint, not a loop', async (t) => {
  const { world, handler, sync } = started();
  world.busyPorts.add(30_080);
  handler.upsert(nodePortService('web', '10.96.0.1', 30_080));
  handler.upsert(slice('web', ['192.0.2.1'], { ports: [{ name: '', port: 30_080, protocol: 'TCP' }] }));
  t.match((await sync()).at(-1), /^rules 10\.96\.0\.1:80>40000$/);
  t.match(world.configs.get(webKey), { endpoints: [{ ip: '192.0.2.1', port: 30_080 }] });
});

t.test('where nobody else has the port, rules lead from it though it could not be held', async (t) => {
  const { world, proxier, handler, sync } = started();
  const open = world.options.dataPlane.open.bind(world.options.dataPlane);
  world.options.dataPlane.open = async (spec, config, port) => {
    if (spec.claim) throw new ListenError('no-descriptors', 'EMFILE');
    return open(spec, config, port);
  };
  handler.upsert(nodePortService('web', '10.96.0.1', 30_080));
  t.same(await sync(), ['open web 40000', 'rules 10.96.0.1:80>40000 refused, :30080>40000 refused']);
  t.match(proxier.problems(), [{ subject: webKey, message: /^nodePort 30080 is served, but/ }]);
});

t.test('SCTP has nothing to hold a port with', async (t) => {
  const { handler, proxier, sync } = started();
  handler.upsert(nodePortService('web', '10.96.0.1', 30_080, 'SCTP'));
  t.same(await sync(), [
    'open web 40000',
    'rules 10.96.0.1:80>40000 refused, :30080>40000 refused',
    'conntrack sctp 10.96.0.1:80>40000 :30080>40000',
  ]);
  t.same(proxier.problems(), []);
});

t.test('a nodePort that goes from one Service to another is served all the while', async (t) => {
  const { world, handler, next, sync } = started();
  const left = nodePortService('left', '10.96.0.1', 30_080);
  handler.upsert(left);
  await sync();
  handler.remove(refOf(left));
  handler.upsert(nodePortService('right', '10.96.0.2', 30_080));
  await world.clock.advance(500);
  t.same(world.tell(), [
    'open right 40002',
    'rules 10.96.0.2:80>40002 refused, :30080>40002 refused',
    'close left 40000',
    'close left claim 30080',
    'open right claim 30080',
    'rules 10.96.0.2:80>40002 refused, :30080>40002 refused',
  ]);
  t.same(await next(), [], 'and then there is peace');
});

t.test('a proxy port that becomes a nodePort makes room: open elsewhere, rules, close, hold', async (t) => {
  const { world, proxier, handler, sync } = started({ portRange: { first: 30_000, last: 30_002 } });
  handler.upsert(service('first', '10.96.0.1'));
  t.same(await sync(), ['open first 30000', 'rules 10.96.0.1:80>30000 refused']);
  handler.upsert(nodePortService('web', '10.96.0.2', 30_000));
  await world.clock.advance(1_000);
  t.same(world.tell(), [
    'open first 30001',
    'open web 30002',
    'rules 10.96.0.1:80>30001 refused, 10.96.0.2:80>30002 refused, :30000>30002 refused',
    'close first 30000',
    'open web claim 30000',
    'rules 10.96.0.1:80>30001 refused, 10.96.0.2:80>30002 refused, :30000>30002 refused',
  ]);
  t.same(proxier.problems(), []);
});

t.test('where there is no room to make, both are served', async (t) => {
  const { world, proxier, handler, sync } = started({ portRange: { first: 30_000, last: 30_001 } });
  handler.upsert(service('first', '10.96.0.1'));
  await sync();
  handler.upsert(service('second', '10.96.0.2'));
  await world.clock.advance(200);
  world.tell();
  handler.upsert(nodePortService('second', '10.96.0.2', 30_000));
  await world.clock.advance(40_000);
  const rules = world.tell().filter((line) => line.startsWith('rules'));
  t.equal(rules.at(-1), 'rules 10.96.0.1:80>30000 refused, 10.96.0.2:80>30001 refused, :30000>30001 refused');
  t.ok(rules.length < 15, 'no hurry');
  t.same(proxier.problems(), []);
});

t.test('health check nodePorts are no proxy ports', async (t) => {
  const { handler, sync } = started({ portRange: { first: 30_000, last: 30_001 } });
  const spec = { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort: 30_000 } as const;
  handler.upsert(service('web', '10.96.0.1', { spec }));
  t.match((await sync())[0], /^open web 30001$/);
});

t.test('after a restart claims and the ports of both scopes are the same again', async (t) => {
  const { world, handler, sync } = started();
  const protocol = 'TCP';
  world.standing.push(
    {
      ipFamily: 'IPv4',
      ip: '10.96.0.1',
      port: 80,
      protocol,
      ways: [{ from: 'everybody', proxyPort: 41_000 }],
    },
    {
      ipFamily: 'IPv4',
      ip: '',
      port: 30_080,
      protocol,
      ways: [
        { from: 'cluster', proxyPort: 41_000 },
        { from: 'everybody', proxyPort: 41_002 },
      ],
    },
  );
  handler.upsert(service('any', '10.96.0.9'));
  handler.upsert(nodePortService('web', '10.96.0.1', 30_080, 'TCP', { externalTrafficPolicy: 'Local' }));
  t.same(await sync(), [
    'open web claim 30080',
    'open web 41000',
    'open web Local 41002',
    'open any 40000',
    'rules 10.96.0.9:80>40000 refused, 10.96.0.1:80>41000 refused, :30080>41000 for the cluster refused, 41002 refused',
  ]);
});

t.test('a port that standing rules of another portal lead to is held once they are gone', async (t) => {
  const { world, handler } = started();
  const ways = [{ from: 'everybody', proxyPort: 30_080 }] as const;
  world.standing.push({ ipFamily: 'IPv4', ip: '10.96.0.9', port: 80, protocol: 'TCP', ways });
  handler.upsert(nodePortService('web', '10.96.0.1', 30_080));
  world.source.sync();
  await world.clock.advance(500);
  const rules = 'rules 10.96.0.1:80>40000 refused, :30080>40000 refused';
  t.same(world.tell(), ['forget rules', 'open web 40000', rules, 'open web claim 30080', rules]);
});

t.test('where nodePorts answer follows the addresses of this host; its main one may do alone', async (t) => {
  const offered: unknown[] = [];
  const { world, handler, sync } = started({ nodePortAddresses: 'primary', localhostNodePorts: false });
  const apply = world.options.rules.apply;
  world.options.rules.apply = (rules) => {
    offered.push([rules.nodePortAddresses, rules.localhostNodePorts]);
    return apply(rules);
  };
  handler.upsert(nodePortService('web', '10.96.0.1', 30_080));
  await sync();
  world.host = { ...plainHost, nodeAddress: { IPv4: '192.0.2.7' } };
  await world.clock.advance(2_000);
  t.same(offered, [
    [{ IPv4: ['192.0.2.1'], IPv6: [] }, false],
    [{ IPv4: ['192.0.2.7'], IPv6: [] }, false],
  ]);
});

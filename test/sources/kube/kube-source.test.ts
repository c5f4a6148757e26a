import { execFile } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import t from 'tap';
import { silentLog } from '../../../lib/proxier/log.js';
import { createKubeSource } from '../../../lib/sources/kube/kube-source.js';
import { createApiServer } from '../../support/api-server.js';
import { kubeTrial, sleep, temporaryFolder, until } from '../../support/kube-trial.js';
import { service, slice } from '../../support/objects.js';

const node = (name: string, labels: Readonly<Record<string, string>> = {}) => ({
  kind: 'Node',
  metadata: { name, labels },
  status: { addresses: [{ type: 'InternalIP', address: '192.0.2.7' }] },
});

t.test('Services, EndpointSlices and this Node are delivered', async (t) => {
  const trial = await kubeTrial(t, {
    prepare: (server) => {
      server.put(service('web', '10.96.0.10'));
      server.put(service('api', '10.96.0.11'));
      server.put(slice('web', ['10.244.0.5']));
      server.put(node('node-1', { 'topology.kubernetes.io/zone': 'a' }));
      server.put(node('node-2'));
    },
  });
  await trial.watching();
  t.strictSame([...trial.handler.objects.keys()].sort(), [
    'EndpointSlice default/web-1',
    'Node node-1',
    'Service default/api',
    'Service default/web',
  ]);
  t.equal(trial.source.description, trial.server.url);
  t.strictSame(trial.source.health(), { state: 'healthy' });
});

t.test(
  'headless Services and those of other proxies are not delivered, and leave when they become such',
  async (t) => {
    const trial = await kubeTrial(t, {
      prepare: (server) => {
        server.put(service('web', '10.96.0.10'));
        server.put(service('none', 'None'));
        server.put(service('marked', '10.96.0.12', { labels: { 'service.kubernetes.io/headless': '' } }));
        server.put(
          service('other', '10.96.0.13', { labels: { 'service.kubernetes.io/service-proxy-name': 'x' } }),
        );
        const headless = slice('none', ['10.244.0.6']);
        const labels = { ...headless.metadata.labels, 'service.kubernetes.io/headless': '' };
        server.put({ ...headless, metadata: { ...headless.metadata, labels } });
      },
    });
    await trial.watching();
    t.strictSame(trial.takeEvents(), ['upsert Service default/web']);
    trial.server.put(
      service('web', '10.96.0.10', { labels: { 'service.kubernetes.io/service-proxy-name': 'x' } }),
    );
    trial.server.put(service('other', '10.96.0.13'));
    await until('both changes arrived', () => trial.handler.events.length === 2);
    t.strictSame(trial.takeEvents(), ['remove Service default/web', 'upsert Service default/other']);
  },
);

t.test('changes are delivered in the order in which they were made', async (t) => {
  const trial = await kubeTrial(t, { prepare: (server) => server.put(service('a', '10.96.0.1')) });
  await trial.watching();
  trial.takeEvents();
  trial.server.put(service('b', '10.96.0.2'));
  trial.server.put(service('a', '10.96.0.1', { ports: [{ port: 81 }] }));
  trial.server.delete({ kind: 'Service', namespace: 'default', name: 'b' });
  trial.server.put(service('b', '10.96.0.3'));
  await until('four events', () => trial.handler.events.length === 4);
  t.strictSame(trial.takeEvents(), [
    'upsert Service default/b',
    'upsert Service default/a',
    'remove Service default/b',
    'upsert Service default/b',
  ]);
});

t.test('an API server that is away at the start is waited for', async (t) => {
  const trial = await kubeTrial(t, {
    server: { paused: true },
    prepare: (server) => server.put(service('web', '10.96.0.10')),
  });
  t.strictSame(trial.source.health(), { state: 'starting' });
  await until('failing', () => trial.source.health().state === 'failing');
  const health = trial.source.health();
  t.match(health, { state: 'failing', message: /127\.0\.0\.1.*ECONNREFUSED/ });
  t.ok(health.state === 'failing' && Math.abs(Date.now() - health.sinceMs) < 60_000, 'since a moment ago');
  t.notOk(trial.isSynced());
  t.strictSame(trial.handler.events, []);
  await trial.server.resume();
  await trial.watching();
  await until('healthy', () => trial.source.health().state === 'healthy');
  t.strictSame(trial.takeEvents(), ['upsert Service default/web']);
});

t.test(
  'nothing is removed while the API server is away, and changes of that time arrive later',
  async (t) => {
    const trial = await kubeTrial(t, {
      prepare: (server) => {
        for (const name of ['a', 'b', 'c']) server.put(service(name, '10.96.0.1'));
      },
    });
    await trial.watching();
    trial.takeEvents();
    await trial.server.pause();
    trial.server.put(service('a', '10.96.0.9'));
    trial.server.delete({ kind: 'Service', namespace: 'default', name: 'b' });
    await until('failing', () => trial.source.health().state === 'failing');
    t.strictSame(trial.handler.events, [], 'nothing happened to what was delivered');
    const before = trial.server.requests().length;
    await trial.server.resume();
    await until('both changes arrived', () => trial.handler.events.length === 2);
    t.strictSame(trial.takeEvents(), ['upsert Service default/a', 'remove Service default/b']);
    const lists = trial.server
      .requests()
      .slice(before)
      .filter(({ verb }) => verb === 'list');
    t.equal(lists.length, 0, 'the watch went on from its resourceVersion: no list was needed');
    await until('healthy', () => trial.source.health().state === 'healthy');
  },
);

t.test(
  'history that was compacted during an outage: vanished ones are removed, the rest stays silent',
  async (t) => {
    for (const expiredWatch of ['event', 'status'] as const) {
      await t.test(`410 as ${expiredWatch}`, async (t) => {
        const trial = await kubeTrial(t, {
          server: { expiredWatch },
          prepare: (server) => {
            for (const name of ['a', 'b', 'c']) server.put(service(name, '10.96.0.1'));
            server.put(slice('a', ['10.244.0.1']));
            server.put(node('node-1'));
          },
        });
        await trial.watching();
        trial.takeEvents();
        await trial.server.pause();
        trial.server.put(service('c', '10.96.0.9'));
        trial.server.delete({ kind: 'Service', namespace: 'default', name: 'b' });
        trial.server.compact();
        await trial.server.resume();
        await trial.watching();
        await until('both changes arrived', () => trial.handler.events.length === 2);
        await sleep(50);
        t.strictSame(trial.takeEvents(), ['upsert Service default/c', 'remove Service default/b']);
      });
    }
  },
);

t.test('a server that does not know the field selector is asked without it', async (t) => {
  const trial = await kubeTrial(t, {
    server: { old: true },
    prepare: (server) => {
      server.put(service('web', '10.96.0.10'));
      server.put(service('none', 'None'));
    },
  });
  await trial.watching();
  t.strictSame(
    trial.takeEvents(),
    ['upsert Service default/none', 'upsert Service default/web'],
    'all are read; the model leaves out what has no clusterIP',
  );
  t.strictSame(trial.source.health(), { state: 'healthy' });
  const watch = trial.server.requests().find(({ verb, kind }) => verb === 'watch' && kind === 'Service');
  t.equal(watch?.query.fieldSelector, undefined);
  t.match(watch?.query.labelSelector, '!service.kubernetes.io/headless');
});

const forbidden = (kind: string, plural: string) =>
  ({
    kind,
    times: 1000,
    answer: { kind: 'status', status: 403, message: `${plural} is forbidden: User "x" cannot list` },
  }) as const;

t.test('a refused list of EndpointSlices keeps it from being synced, and is named', async (t) => {
  const trial = await kubeTrial(t, {
    prepare: (server) => server.failNext(forbidden('EndpointSlice', 'endpointslices')),
  });
  await until('failing', () => trial.source.health().state === 'failing');
  t.match(trial.source.health(), { message: /\/endpointslices: HTTP 403: endpointslices is forbidden/ });
  t.notOk(trial.isSynced());
  trial.server.heal();
  await trial.source.synced;
  await until('healthy', () => trial.source.health().state === 'healthy');
});

t.test('a refused list of Nodes is named and holds nothing back', async (t) => {
  const trial = await kubeTrial(t, {
    prepare: (server) => {
      server.put(service('web', '10.96.0.10'));
      server.failNext(forbidden('Node', 'nodes'));
    },
  });
  await trial.source.synced;
  t.strictSame(trial.takeEvents(), ['upsert Service default/web']);
  await until('failing', () => trial.source.health().state === 'failing');
  t.match(trial.source.health(), { message: /\/api\/v1\/nodes: HTTP 403: nodes is forbidden/ });
});

t.test('close() ends open watches at once, and no call of the handler follows', async (t) => {
  const trial = await kubeTrial(t, { prepare: (server) => server.put(service('web', '10.96.0.10')) });
  await trial.watching();
  const startedMs = performance.now();
  await trial.source.close();
  t.ok(performance.now() - startedMs < 2000, 'promptly');
  trial.takeEvents();
  trial.server.put(service('late', '10.96.0.11'));
  await until('the server sees the watches end', () => trial.server.streams().length === 0);
  await sleep(50);
  t.strictSame(trial.takeEvents(), []);
  await trial.source.close();
});

t.test('close() ends a source that waits for an API server', async (t) => {
  const trial = await kubeTrial(t, {
    server: { paused: true },
    source: { timing: { backoffInitialMs: 60_000, backoffMaxMs: 60_000 } },
  });
  await until('refused', () => trial.log.lines.length >= 3);
  const startedMs = performance.now();
  await trial.source.close();
  t.ok(performance.now() - startedMs < 2000, 'promptly');
  t.notOk(trial.isSynced());
});

t.test('close() before start(), and in the middle of an answer that never comes', async (t) => {
  const trial = await kubeTrial(t, {
    prepare: (server) => server.failNext({ times: 3, answer: { kind: 'no-answer' } }),
  });
  await until('asked', () => trial.server.requests().length === 3);
  await trial.source.close();
  t.notOk(trial.isSynced());
});

t.test('TLS with each way to prove who we are', async (t) => {
  for (const [wish, options] of [
    [
      { auth: 'token', token: 'right' },
      { tls: true, tokens: ['right'] },
    ],
    [{ auth: 'cert' }, { clientCertificates: true }],
  ] as const) {
    await t.test(wish.auth, async (t) => {
      const trial = await kubeTrial(t, {
        server: options,
        kubeconfig: wish,
        prepare: (server) => server.put(service('web', '10.96.0.10')),
      });
      await trial.watching();
      trial.server.put(service('api', '10.96.0.11'));
      await until('the change arrived', () => trial.handler.events.length === 2);
      t.strictSame(trial.takeEvents(), ['upsert Service default/web', 'upsert Service default/api']);
    });
  }
});

t.test('a token that was replaced in its file is taken when the server refuses the old one', async (t) => {
  const tokenFile = path.join(await temporaryFolder(t), 'token');
  await writeFile(tokenFile, 'first');
  const trial = await kubeTrial(t, {
    server: { tls: true, tokens: ['first'] },
    kubeconfig: { auth: 'token-file', tokenFile },
    prepare: (server) => server.put(service('web', '10.96.0.10')),
  });
  await trial.watching();
  await writeFile(tokenFile, 'second');
  trial.server.setTokens(['second']);
  for (const stream of trial.server.streams()) stream.end();
  await until('refused once', () => trial.log.lines.some(({ fields }) => 'err' in fields));
  await trial.watching();
  trial.server.put(service('api', '10.96.0.11'));
  await until('the change arrived', () => trial.handler.objects.has('Service default/api'));
  t.equal(trial.server.requests().at(-1)?.authorization, 'Bearer second');
});

t.test('a kubeconfig that can not be used is an error before anything starts', async (t) => {
  await t.rejects(createKubeSource({ kubeconfig: '/nope/config', nodeName: 'n', log: silentLog }), {
    name: 'ClusterConfigError',
  });
});

t.test('a process whose source was closed ends by itself', async (t) => {
  const server = await createApiServer();
  t.teardown(() => server.close());
  const kubeconfig = await server.writeKubeconfig(await temporaryFolder(t));
  const script = `
    const { createKubeSource } = await import('./dist/lib/sources/kube/kube-source.js');
    const { silentLog } = await import('./dist/lib/proxier/log.js');
    const source = await createKubeSource({ kubeconfig: process.argv[1], nodeName: 'n', log: silentLog });
    source.start({ upsert() {}, remove() {} });
    await source.synced;
    await source.close();
    console.log('closed');`;
  const run = promisify(execFile);
  const args = ['--input-type=module', '--eval', script, kubeconfig];
  const { stdout } = await run(process.execPath, args, { timeout: 20_000 });
  t.equal(stdout, 'closed\n');
});

// The whole source on real files: what is in force after which change.
import { appendFile, mkdir, rename, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { formatRef, type KubeObject, refOf } from '../../../lib/model/kube-objects.js';
import { systemClock } from '../../../lib/proxier/clock.js';
import { type Log, silentLog } from '../../../lib/proxier/log.js';
import type { Source } from '../../../lib/proxier/source.js';
import { createManifestSource } from '../../../lib/sources/file/manifest-source.js';
import { fakeClock } from '../../support/fake-clock.js';
import { aWhile, until } from './until.js';

const service = (name: string, clusterIP: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata:\n  name: ${name}\nspec:\n  clusterIP: ${clusterIP}\n`;

interface Running {
  readonly source: Source;
  /** `name=clusterIP` of what is in force, sorted. */
  inForce(): string;
  /** Every call of the handler: `+Service default/a`, `-Service default/a`. */
  readonly calls: string[];
  readonly errors: string[];
  readonly warnings: string[];
  isSynced(): boolean;
}

function start(t: Test, ...paths: string[]): Running {
  const objects = new Map<string, KubeObject>();
  const calls: string[] = [];
  const errors: string[] = [];
  const warnings: string[] = [];
  const log = {
    ...silentLog,
    error: ({ problem }: { problem: string }) => errors.push(problem),
    warn: ({ problem }: { problem: string }) => warnings.push(problem),
  } as unknown as Log;
  const source = createManifestSource({ paths, log, clock: systemClock, pollMs: 100 });
  let synced = false;
  source.synced.then(() => {
    synced = true;
  });
  source.start({
    upsert(object) {
      calls.push(`+${formatRef(refOf(object))}`);
      objects.set(formatRef(refOf(object)), object);
    },
    remove(ref) {
      calls.push(`-${formatRef(ref)}`);
      objects.delete(formatRef(ref));
    },
  });
  t.teardown(() => source.close());
  const inForce = (): string =>
    [...objects.values()]
      .map(
        (object) =>
          `${object.metadata.name}=${object.kind === 'Service' ? object.spec.clusterIP : object.kind}`,
      )
      .sort()
      .join(' ');
  return { source, inForce, calls, errors, warnings, isSynced: () => synced };
}

t.test('an edit, an added and a removed file are in force soon, and nothing else is delivered', async (t) => {
  const root = t.testdir({ 'a.yaml': service('a', '10.0.0.1'), 'b.yaml': service('b', '10.0.0.2') });
  const running = start(t, root);
  await until(running.isSynced);
  t.equal(running.inForce(), 'a=10.0.0.1 b=10.0.0.2');
  t.match(running.source.health(), { state: 'healthy' });
  t.equal(running.source.description, `manifests ${root}`);

  running.calls.length = 0;
  const startMs = performance.now();
  await writeFile(join(root, 'a.yaml'), service('a', '10.0.0.9'));
  await until(() => running.inForce() === 'a=10.0.0.9 b=10.0.0.2');
  t.ok(performance.now() - startMs < 2000, 'within 2 seconds');
  await writeFile(join(root, 'new'), service('c', '10.0.0.3'));
  await rename(join(root, 'new'), join(root, 'c.yaml'));
  await until(() => running.inForce() === 'a=10.0.0.9 b=10.0.0.2 c=10.0.0.3');
  await rm(join(root, 'b.yaml'));
  await until(() => running.inForce() === 'a=10.0.0.9 c=10.0.0.3');
  await appendFile(join(root, 'a.yaml'), '# only a comment\n');
  await aWhile();
  t.strictSame(running.calls, ['+Service default/a', '+Service default/c', '-Service default/b']);
  t.strictSame(running.errors, []);
});

t.test('a bad object keeps its last state, and the good ones beside it are applied', async (t) => {
  const root = t.testdir({ 'x.yaml': `${service('a', '10.0.0.1')}---\n${service('b', '10.0.0.2')}` });
  const path = join(root, 'x.yaml');
  const running = start(t, root);
  await until(running.isSynced);
  await writeFile(path, `${service('a', '[]')}---\n${service('b', '10.0.0.9')}`);
  await until(() => running.inForce() === 'a=10.0.0.1 b=10.0.0.9');
  t.strictSame(running.errors, [
    `${path}:6:14: Service default/a: spec.clusterIP: expected a string, got a list`,
  ]);
  t.match(running.source.health(), { state: 'failing', message: running.errors[0] });
  await aWhile();
  t.equal(running.errors.length, 1, 'told once');
  await writeFile(path, service('b', '10.0.0.9'));
  await until(() => running.inForce() === 'b=10.0.0.9');
  t.match(running.source.health(), { state: 'healthy' });
});

t.test(
  'a syntax error keeps what the file last gave, is told only when it stays, and good documents are applied',
  async (t) => {
    const root = t.testdir({ 'x.yaml': `${service('a', '10.0.0.1')}---\n${service('b', '10.0.0.2')}` });
    const path = join(root, 'x.yaml');
    const running = start(t, root);
    await until(running.isSynced);
    // Half written, and whole 200 ms later.
    await writeFile(path, 'apiVersion: v1\nkind: "Serv');
    await new Promise((resolve) => setTimeout(resolve, 200));
    await writeFile(path, `${service('a', '10.0.0.3')}---\n${service('b', '10.0.0.2')}`);
    await until(() => running.inForce() === 'a=10.0.0.3 b=10.0.0.2');
    t.strictSame(running.errors, []);

    await writeFile(path, `kind: [\n---\n${service('b', '10.0.0.4')}`);
    await until(() => running.inForce() === 'a=10.0.0.3 b=10.0.0.4');
    t.match(running.errors, [new RegExp(`^${path}:2:1: `)]);
  },
);

t.test('an object in two files: the first path wins, and the other takes over when it goes', async (t) => {
  const root = t.testdir({ 'a.yaml': service('x', '10.0.0.1'), 'b.yaml': service('x', '10.0.0.2') });
  const running = start(t, root);
  await until(running.isSynced);
  t.equal(running.inForce(), 'x=10.0.0.1');
  t.strictSame(running.warnings, [
    `${join(root, 'b.yaml')}: Service default/x: is in ${join(root, 'a.yaml')} too, which is used because it sorts first`,
  ]);
  await writeFile(join(root, 'b.yaml'), service('x', '10.0.0.3'));
  await aWhile();
  t.equal(running.inForce(), 'x=10.0.0.1');
  t.equal(running.warnings.length, 1, 'told once');
  await rm(join(root, 'a.yaml'));
  await until(() => running.inForce() === 'x=10.0.0.3');
  t.match(running.source.health(), { state: 'healthy' });
});

t.test(
  'a path that is missing at the start keeps the source from being synced until it is there',
  async (t) => {
    const root = t.testdir({ there: { 'a.yaml': service('a', '10.0.0.1') } });
    const missing = join(root, 'missing');
    const running = start(t, join(root, 'there'), missing);
    await until(() => running.inForce() === 'a=10.0.0.1');
    await until(() => running.source.health().state === 'failing');
    t.match(running.source.health(), { message: `${missing}: does not exist` });
    t.strictSame(running.errors, [`${missing}: does not exist`]);
    t.notOk(running.isSynced());
    await mkdir(missing);
    await until(running.isSynced);
    t.match(running.source.health(), { state: 'healthy' });
  },
);

t.test('a directory that goes away keeps its last state, and is read when it comes back', async (t) => {
  const root = t.testdir({ d: { 'a.yaml': service('a', '10.0.0.1') } });
  const directory = join(root, 'd');
  const running = start(t, directory);
  await until(running.isSynced);
  await rename(directory, join(root, 'away'));
  await until(() => running.source.health().state === 'failing');
  t.equal(running.inForce(), 'a=10.0.0.1');
  await mkdir(directory);
  await writeFile(join(directory, 'b.yaml'), service('b', '10.0.0.2'));
  await until(() => running.inForce() === 'b=10.0.0.2');
  await until(() => running.source.health().state === 'healthy');
});

t.test('the symlinks of a mounted ConfigMap are followed', async (t) => {
  const root = t.testdir({
    v1: { 'm.yaml': service('a', '10.0.0.1') },
    v2: { 'm.yaml': service('a', '10.0.0.2') },
  });
  await symlink('v1', join(root, '..data'));
  await symlink('..data/m.yaml', join(root, 'm.yaml'));
  const running = start(t, root);
  await until(running.isSynced);
  t.equal(running.inForce(), 'a=10.0.0.1');
  await symlink('v2', join(root, '..data_tmp'));
  await rename(join(root, '..data_tmp'), join(root, '..data'));
  await until(() => running.inForce() === 'a=10.0.0.2');
});

t.test("a file that can't be read keeps its last state and is named", async (t) => {
  const root = t.testdir({ 'a.yaml': service('a', '10.0.0.1'), 'b.yaml': service('b', '10.0.0.2') });
  const running = start(t, root);
  await until(running.isSynced);
  // Sparse: it takes no space on the disk.
  await truncate(join(root, 'a.yaml'), 300 * 2 ** 20);
  await until(() => running.source.health().state === 'failing');
  t.match(running.source.health(), { message: /a\.yaml: 314572800 bytes, which is more than 256 MiB/ });
  t.equal(running.inForce(), 'a=10.0.0.1 b=10.0.0.2');
  await writeFile(join(root, 'a.yaml'), service('a', '10.0.0.3'));
  await until(() => running.inForce() === 'a=10.0.0.3 b=10.0.0.2');
});

t.test('a handler that throws ends nothing, and after close there are no more calls', async (t) => {
  const root = t.testdir({ 'a.yaml': service('a', '10.0.0.1'), 'b.yaml': service('b', '10.0.0.2') });
  let calls = 0;
  const source = createManifestSource({ paths: [root], log: silentLog, clock: systemClock, pollMs: 100 });
  source.start({
    upsert() {
      calls += 1;
      throw new Error('no');
    },
    remove() {},
  });
  await until(() => calls === 2);
  await until(() => source.health().state === 'healthy');
  await source.close();
  await source.close();
  await writeFile(join(root, 'c.yaml'), service('c', '10.0.0.3'));
  await aWhile();
  t.equal(calls, 2);
});

t.test('a source that was never started can be closed', async () => {
  await createManifestSource({ paths: ['nowhere'], log: silentLog, clock: systemClock }).close();
});

t.test('twenty thousand objects leave gaps for everybody else', async (t) => {
  const items = Array.from({ length: 10_000 }, (_, i) => [
    {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name: `s${i}` },
      spec: { clusterIP: `10.96.${i >> 8}.${i & 255}` },
    },
    {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: { name: `s${i}-1`, labels: { 'kubernetes.io/service-name': `s${i}` } },
      addressType: 'IPv4',
      endpoints: Array.from({ length: 10 }, (_, j) => ({
        addresses: [`10.1.${i & 255}.${j}`],
        nodeName: `node-${j}`,
      })),
      ports: [{ port: 8080 }],
    },
  ]).flat();
  const root = t.testdir({ 'all.json': JSON.stringify({ apiVersion: 'v1', kind: 'List', items }) });
  const running = start(t, root);
  let longestMs = 0;
  let lastMs = performance.now();
  await until(() => {
    const nowMs = performance.now();
    longestMs = Math.max(longestMs, nowMs - lastMs);
    lastMs = nowMs;
    return running.isSynced();
  }, 50_000);
  t.equal(running.calls.length, 20_000);
  t.ok(longestMs < 1500, `the longest gap was ${Math.round(longestMs)} ms`);
});

t.test('a file that is away for a moment is not taken for gone', async (t) => {
  // Behind a link, so that no event of the directory wakes the source: only the clock does.
  const base = t.testdir({
    root: { 'a.yaml': t.fixture('symlink', '../a.yaml') },
    'a.yaml': service('a', '10.0.0.1'),
  });
  const file = join(base, 'a.yaml');
  const clock = fakeClock(Date.now() + 60_000);
  const calls: string[] = [];
  const source = createManifestSource({ paths: [join(base, 'root')], log: silentLog, clock, pollMs: 500 });
  t.teardown(() => source.close());
  source.start({
    upsert: ({ metadata }) => calls.push(`+${metadata.name}`),
    remove: ({ name }) => calls.push(`-${name}`),
  });
  const isAsleep = () => until(() => clock.waiting() > 0);
  /** The next look, or the second one of a look. */
  const look = async () => {
    await isAsleep();
    await clock.advance(500);
  };
  await source.synced;
  await isAsleep();
  await rename(file, `${file}~`);
  await look();
  await isAsleep();
  await rename(`${file}~`, file);
  for (let looks = 0; looks < 3; looks += 1) await look();
  t.strictSame(calls, ['+a']);
  await isAsleep();
  await rm(file);
  for (let looks = 0; looks < 3; looks += 1) await look();
  await until(() => calls.length > 1);
  t.strictSame(calls, ['+a', '-a']);
});

t.test('a Service that moves to a file that is being written is not removed in between', async (t) => {
  const root = t.testdir({ 'a.yaml': service('a', '10.0.0.1') });
  const running = start(t, root);
  await until(running.isSynced);
  running.calls.length = 0;
  await rm(join(root, 'a.yaml'));
  for (let writes = 0; writes < 8; writes += 1) {
    await writeFile(join(root, 'b.yaml'), service('a', '10.0.0.2'));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await until(() => running.inForce() === 'a=10.0.0.2');
  t.strictSame(running.calls, ['+Service default/a']);
});

// A configuration file that changes under a program: in place, by a ConfigMap's links, broken, gone.
import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { reloadedOptions } from '../../../lib/cli/commands.js';
import { type LiveOptions, watchConfig } from '../../../lib/cli/config/config-watcher.js';
import { systemClock } from '../../../lib/proxier/clock.js';
import { type Log, silentLog } from '../../../lib/proxier/log.js';
import { createDirectoryWatcher } from '../../../lib/sources/file/watcher.js';
import { eventually, sleep } from '../../support/eventually.js';

const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';
const context = { env: {}, isTerminal: false, hasServiceAccountToken: false, readConfigFile: () => '' };

interface Watched {
  readonly applied: LiveOptions[];
  readonly lines: { readonly level: string; readonly text: string; readonly fields: unknown }[];
  failNext(): void;
}

/** `withoutEvents`: the watch is blind, and only looking again finds anything. */
function watch(t: Test, path: string, startText: string, withoutEvents = false): Watched {
  const argv = ['--manifests=/m', `--config=${path}`];
  const applied: LiveOptions[] = [];
  const lines: Watched['lines'] = [];
  let fails = false;
  const at =
    (level: string) =>
    (fields: unknown, text?: unknown): void => {
      lines.push({ level, text: String(text), fields });
    };
  const log: Log = { ...silentLog, info: at('info'), warn: at('warn'), error: at('error') };
  const watcher = watchConfig({
    started: reloadedOptions(argv, context, startText),
    reload: (text) => reloadedOptions(argv, context, text),
    apply: (options) => {
      const isRefused = fails;
      fails = false;
      if (isRefused) throw new Error('not now');
      applied.push(options);
    },
    watchDirectories: (onEvent) => createDirectoryWatcher(withoutEvents ? () => {} : onEvent, silentLog),
    clock: systemClock,
    log,
    lookAgainMs: withoutEvents ? 50 : 60_000,
  });
  t.teardown(() => watcher.close());
  const failNext = (): void => {
    fails = true;
  };
  return { applied, lines, failNext };
}

t.test('a change that can be applied is, another is named, and one without effect is told', async (t) => {
  const path = join(t.testdir({ c: head }), 'c');
  const { applied, lines } = watch(t, path, head);
  await sleep(200);
  t.same([applied, lines], [[], []], 'nothing changed since the start');

  await writeFile(path, `${head}iptables: {syncPeriod: 9s}\nportRange: 10-20\nipvs: {scheduler: lc}\n`);
  await eventually('all is told', () => applied.length === 1 && lines.length === 3);
  t.match(applied, [{ syncPeriodMs: 9000, nodePortAddresses: 'all' }]);
  t.match(lines, [
    { level: 'warn', fields: { about: `${path}:5:19 ipvs.scheduler` }, text: /^no effect here/ },
    { level: 'info', fields: { changes: [{ field: 'iptables.syncPeriod', before: '30s', after: '9s' }] } },
    { level: 'warn', fields: { changes: [{ field: 'portRange', after: '10-20' }] }, text: /after a restart/ },
  ]);

  await writeFile(path, `${head}iptables: {syncPeriod: 9s}\n`);
  await sleep(300);
  t.equal(lines.length, 3, 'taken back before a restart: nothing waits any more');
});

t.test('a warning is told of each field once, wherever its line moves', async (t) => {
  const path = join(t.testdir({ c: head }), 'c');
  const before = `${head}nodePorts: 1\n`;
  const { lines } = watch(t, path, before);
  await writeFile(path, `${head}oomScoreAdj: 1\nnodePorts: 1\nclusterCidrs: x\n`);
  await eventually('the new one is told', () => lines.length === 2);
  await writeFile(path, `${head}oomScoreAdj: 2\n\nclusterCidrs: x\nnodePorts: 1\n`);
  await eventually('the change is told', () => lines.length > 2);
  t.match(lines, [
    { level: 'warn', fields: { about: /c:5:\d+ clusterCidrs$/ }, text: /unknown field/ },
    { level: 'info' },
    { level: 'info' },
  ]);
});

t.test('a broken file is told once and changes nothing; a good one after it counts', async (t) => {
  const path = join(t.testdir({ c: head }), 'c');
  const { applied, lines } = watch(t, path, head, true);
  await writeFile(path, `${head}mode: x\n`);
  await eventually('it is told', () => lines.length > 0);
  await sleep(200);
  t.equal(lines.length, 1);
  t.match(lines[0], {
    level: 'error',
    text: /what was read before stays in force/,
    fields: { err: { name: 'ConfigError', message: /c:3:7: mode: expected one of/ } },
  });
  await rm(path);
  await eventually('the loss is told', () => lines.length === 2);
  t.match(lines[1], { level: 'error', fields: { err: { code: 'ENOENT' } } });
  t.same(applied, []);
  await writeFile(path, `${head}oomScoreAdj: 5\n`);
  await eventually('it is applied', () => applied.length === 1);
  t.match(applied, [{ oomScoreAdj: 5 }]);
});

t.test('a ConfigMap’s mount, whose links are swapped, is followed by its events', async (t) => {
  const root = t.testdir({ '..1': { c: head }, '..2': { c: `${head}logging: {verbosity: 4}\n` } });
  await symlink('..1', join(root, '..data'));
  await symlink('..data/c', join(root, 'c'));
  const { applied } = watch(t, join(root, 'c'), head);
  await sleep(200);
  await symlink('..2', join(root, '..new'));
  await rename(join(root, '..new'), join(root, '..data'));
  await eventually('it is applied', () => applied.length === 1);
  t.match(applied, [{ verbosity: 4 }]);
});

t.test('what can not be applied is tried again', async (t) => {
  const path = join(t.testdir({ c: head }), 'c');
  const { applied, lines, failNext } = watch(t, path, head, true);
  failNext();
  await writeFile(path, `${head}oomScoreAdj: 5\n`);
  await eventually('it is applied', () => applied.length === 1);
  t.match(lines, [{ level: 'error', text: /could not be applied/ }, { level: 'info' }]);
});

t.test('nothing is applied after close, and a folder that is not there does no harm', async (t) => {
  const root = t.testdir();
  const path = join(root, 'later', 'c');
  const applied: LiveOptions[] = [];
  const watcher = watchConfig({
    started: reloadedOptions(['--manifests=/m', `--config=${path}`], context, head),
    reload: (text) => reloadedOptions(['--manifests=/m', `--config=${path}`], context, text),
    apply: (options) => {
      applied.push(options);
    },
    watchDirectories: (onEvent) => createDirectoryWatcher(onEvent, silentLog),
    clock: systemClock,
    log: silentLog,
    lookAgainMs: 20,
  });
  await sleep(100);
  await watcher.close();
  await mkdir(join(root, 'later'));
  await writeFile(path, `${head}oomScoreAdj: 5\n`);
  await sleep(100);
  t.same(applied, []);
});

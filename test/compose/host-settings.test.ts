// What is set on the host, and when: against files in the place of /proc.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ConntrackOptions } from '../../lib/cli/config/config-options.js';
import { hostSettings } from '../../lib/compose/host-settings.js';
import { type Log, silentLog } from '../../lib/proxier/log.js';

const conntrack: ConntrackOptions = {
  maxPerCore: 0,
  min: 0,
  tcpEstablishedTimeoutSeconds: 7200,
  tcpCloseWaitTimeoutSeconds: 0,
  tcpBeLiberal: false,
  udpTimeoutSeconds: 0,
  udpStreamTimeoutSeconds: 0,
};

async function host(t: Test) {
  const procRoot = t.testdir();
  const oomFile = join(procRoot, 'self/oom_score_adj');
  const timeoutFile = join(procRoot, 'sys/net/netfilter/nf_conntrack_tcp_timeout_established');
  await mkdir(join(procRoot, 'self'), { recursive: true });
  await mkdir(join(procRoot, 'sys/net/netfilter'), { recursive: true });
  await writeFile(oomFile, '0\n');
  await writeFile(timeoutFile, '3600\n');
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (...args: unknown[]) => void warnings.push(String(args[1])) };
  let synced = (): void => {};
  const firstSync = new Promise<void>((resolve) => {
    synced = resolve;
  });
  const apply = hostSettings({ log, firstSync, procRoot });
  const read = async () => [
    Number(await readFile(oomFile, 'utf8')),
    Number(await readFile(timeoutFile, 'utf8')),
  ];
  const sync = async () => {
    synced();
    await apply({ conntrack: undefined, oomScoreAdj: undefined });
  };
  return { apply, sync, read, warnings, timeoutFile, oomFile };
}

t.test('the OOM score at once, conntrack with the first sync and from then on at once', async (t) => {
  const { apply, read, warnings, ...world } = await host(t);
  await apply({ conntrack, oomScoreAdj: -5 });
  t.same(await read(), [-5, 3600]);
  await world.sync();
  await apply({ conntrack, oomScoreAdj: -5 });
  t.same(await read(), [-5, 7200]);
  await apply({ conntrack: { ...conntrack, tcpEstablishedTimeoutSeconds: 9000 }, oomScoreAdj: 7 });
  t.same(await read(), [7, 9000]);
  t.same(warnings, []);
});

t.test('what nobody asked for is left alone', async (t) => {
  const { apply, read, ...world } = await host(t);
  await apply({ conntrack: undefined, oomScoreAdj: undefined });
  await world.sync();
  t.same(await read(), [0, 3600]);
});

t.test('what can not be raised is one warning, however often the same is asked for', async (t) => {
  const { apply, warnings, ...world } = await host(t);
  await world.sync();
  const more = { ...conntrack, udpTimeoutSeconds: 60 };
  for (let count = 0; count < 3; count += 1) await apply({ conntrack: more, oomScoreAdj: undefined });
  t.equal(warnings.length, 1, 'the file is not there');
  t.match(warnings[0], /could not be raised/);
});

t.test('so is an OOM score that can not be set', async (t) => {
  const { apply, warnings, oomFile } = await host(t);
  await rm(oomFile);
  for (let count = 0; count < 3; count += 1) await apply({ conntrack: undefined, oomScoreAdj: -999 });
  t.match(warnings, [/OOM score could not be set/]);
  t.equal(warnings.length, 1);
});

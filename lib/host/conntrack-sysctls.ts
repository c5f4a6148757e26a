// host/conntrack-sysctls.ts: the limits of the kernel's connection tracking, raised as kube-proxy raises them and never
// lowered. In a container /proc/sys is often read-only: that is one warning and no reason to stop.
import { readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Log } from '../proxier/log.js';

/** Zero and false: left as it is. */
export interface ConntrackSettings {
  readonly maxPerCore: number;
  /** The least that the limit is raised to, however few the cores; nothing where maxPerCore is 0. */
  readonly min: number;
  readonly tcpEstablishedTimeoutSeconds: number;
  readonly tcpCloseWaitTimeoutSeconds: number;
  readonly tcpBeLiberal: boolean;
  readonly udpTimeoutSeconds: number;
  readonly udpStreamTimeoutSeconds: number;
}

export interface ConntrackSysctlOptions {
  readonly log: Log;
  /** Where proc is mounted. @default '/proc' */
  readonly procRoot?: string;
  /** @default all of this machine */
  readonly cores?: number;
}

/** kube-proxy 1.36: a machine with many cores would else spend gigabytes on the table. An explicit `min` may be more. */
const mostByCores = 1_048_576;

interface Failure {
  readonly name: string;
  readonly value: number;
  readonly err: unknown;
}

/** The names of those that could not be raised; they are in the warning too. Never rejects. */
export async function raiseConntrackSysctls(
  settings: ConntrackSettings,
  { log, procRoot = '/proc', cores = cpus().length }: ConntrackSysctlOptions,
): Promise<readonly string[]> {
  const raised: Record<string, number> = {};
  const failures: Failure[] = [];
  for (const [name, value] of wantedSysctls(settings, cores)) {
    try {
      if (await raise(join(procRoot, 'sys/net/netfilter', name), value)) raised[name] = value;
    } catch (err) {
      failures.push({ name, value, err });
    }
  }
  if (Object.keys(raised).length > 0) log.info({ raised }, 'conntrack settings are raised');
  const [first] = failures;
  if (first !== undefined) {
    const wanted = Object.fromEntries(failures.map(({ name, value }) => [name, value]));
    log.warn(
      { wanted, err: first.err },
      'conntrack settings could not be raised, which is usual in a container: set them on the host (sysctl), or run once with --init-only and full privileges',
    );
  }
  return failures.map(({ name }) => name);
}

/** Pure. Names in /proc/sys/net/netfilter, in the order in which they are written. */
export function wantedSysctls(settings: ConntrackSettings, cores: number): ReadonlyMap<string, number> {
  const max =
    settings.maxPerCore > 0 ? Math.max(settings.min, Math.min(settings.maxPerCore * cores, mostByCores)) : 0;
  const wanted: readonly [string, number][] = [
    ['nf_conntrack_max', max],
    // The hash table, a quarter of it: else chains of entries grow long. Writable in the first network namespace alone.
    ['nf_conntrack_buckets', Math.floor(max / 4)],
    ['nf_conntrack_tcp_timeout_established', settings.tcpEstablishedTimeoutSeconds],
    ['nf_conntrack_tcp_timeout_close_wait', settings.tcpCloseWaitTimeoutSeconds],
    ['nf_conntrack_tcp_be_liberal', settings.tcpBeLiberal ? 1 : 0],
    ['nf_conntrack_udp_timeout', settings.udpTimeoutSeconds],
    ['nf_conntrack_udp_timeout_stream', settings.udpStreamTimeoutSeconds],
  ];
  return new Map(wanted.filter(([, value]) => value > 0));
}

/** False: it was as high already. */
async function raise(path: string, value: number): Promise<boolean> {
  const current = Number(await readFile(path, 'utf8'));
  if (current >= value) return false;
  // 'r+': a file that is not there must not come to be (it can't in /proc, but where procRoot is another).
  await writeFile(path, `${value}\n`, { flag: 'r+' });
  return true;
}

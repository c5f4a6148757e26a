// bench/scale/proxy.ts: the proxy under test, as a process inside a namespace, and what /proc says about it.
import type { ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { Namespace } from '../../lib/demo/namespaces.js';
import { kibibytesIn, ticksIn } from './proc-text.js';

export interface ProxyProcess {
  /** Date.now() of its start. */
  readonly startedAtMs: number;
  /** In MiB: now, and the most there ever was. */
  memory(): Promise<{ readonly rssMiB: number; readonly peakMiB: number }>;
  /** CPU seconds so far, of the process and of the programs that it ran to their end. */
  cpuSeconds(): Promise<number>;
  /** The longest stretch in milliseconds for which the event loop stood still since the last call; 0 if not watched. */
  longestStallMs(): Promise<number>;
  /** As at a restart: rules stay. Resolves with the milliseconds that it took. */
  stop(): Promise<number>;
}

export interface ProxyOptions {
  readonly flags: readonly string[];
  /** Of node itself. */
  readonly nodeFlags?: readonly string[];
  readonly watchStalls?: boolean;
}

const main = fileURLToPath(new URL('../../lib/main.js', import.meta.url));
const stallMonitor = new URL('./stall-monitor.js', import.meta.url).href;
/** USER_HZ: fixed at 100 in what Linux shows to programs. */
const ticksPerSecond = 100;

export function startProxy(namespace: Namespace, options: ProxyOptions): ProxyProcess {
  const monitor = options.watchStalls ? ['--import', stallMonitor] : [];
  const argv = [process.execPath, ...monitor, ...(options.nodeFlags ?? []), main, ...options.flags];
  const startedAtMs = Date.now();
  const child = namespace.spawn([...argv, '--shutdown-grace-period=0', '--logging-format=json'], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let log = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    log = (log + chunk.toString()).slice(-10_000);
  });
  let stopping = false;
  child.once('exit', (status) => {
    if (!stopping) process.stderr.write(`the proxy ended by itself (${status}):\n${log}\n`);
  });
  const proc = (file: string) => readFile(`/proc/${child.pid}/${file}`, 'utf8');
  return {
    startedAtMs,
    async memory() {
      const status = await proc('status');
      return { rssMiB: kibibytesIn(status, 'VmRSS') / 1024, peakMiB: kibibytesIn(status, 'VmHWM') / 1024 };
    },
    cpuSeconds: async () => ticksIn(await proc('stat')) / ticksPerSecond,
    longestStallMs: () => (options.watchStalls ? askStall(child) : Promise.resolve(0)),
    async stop() {
      stopping = true;
      const started = performance.now();
      await new Promise<void>((resolve) => {
        child.once('exit', () => resolve());
        child.kill('SIGTERM');
      });
      return performance.now() - started;
    },
  };
}

function askStall(child: ChildProcess): Promise<number> {
  return new Promise((resolve) => {
    child.once('message', (stallMs: number) => resolve(stallMs));
    child.send('stall');
  });
}

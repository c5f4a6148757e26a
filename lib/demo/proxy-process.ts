// demo/proxy-process.ts: the real program, `kube-portal run`, in the node's namespace: started, killed, and what it says.
import type { ChildProcess } from 'node:child_process';
import type { Clock } from '../proxier/clock.js';
import type { Log } from '../proxier/log.js';
import { type LineReader, readLines } from './line-reader.js';
import type { Namespace } from './namespaces.js';

export interface ProxyProcess {
  /** 0 before the first start. */
  readonly pid: number;
  /** Everything it logged, over all its lives: one JSON object per line. */
  readonly log: readonly string[];
  /** Resolves when it forwards; rejects, with the end of its log, when it ended or said nothing of it in time. */
  start(): Promise<void>;
  /** SIGKILL. Resolves when it is gone. */
  kill(): Promise<void>;
}

export interface ProxyProcessOptions {
  readonly node: Namespace;
  /** The built main.js. */
  readonly program: string;
  readonly args: readonly string[];
  /** Folders to look for programs in before all others. */
  readonly pathPrefix?: string;
  readonly clock: Clock;
  /** Gets every line again. */
  readonly mirror: Log;
}

const startTimeoutMs = 20_000;

export function createProxyProcess(options: ProxyProcessOptions): ProxyProcess {
  const { node, program, args, pathPrefix, clock, mirror } = options;
  const log: string[] = [];
  let child: ChildProcess | undefined;

  function run(): LineReader {
    const path = pathPrefix === undefined ? {} : { env: { PATH: `${pathPrefix}:${process.env.PATH ?? ''}` } };
    // A process group of its own: Ctrl-C is the demo's to answer.
    child = node.spawn([process.execPath, program, 'run', ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      detached: true,
      ...path,
    });
    if (child.stderr === null) throw new Error('start kube-portal run: no pipe');
    return readLines(child.stderr, clock, (line) => {
      log.push(line);
      mirrorLine(mirror, line);
    });
  }

  return {
    log,
    get pid() {
      return child?.pid ?? 0;
    },
    async start() {
      const reader = run();
      const ready = await reader.waitFor((line) => messageOf(line) === 'forwarding', startTimeoutMs);
      if (ready !== undefined) return;
      throw new Error(
        `kube-portal run did not come to forward. Its log ends:\n${reader.lines.slice(-8).join('\n')}`,
      );
    },
    kill() {
      const victim = child;
      if (victim === undefined || victim.exitCode !== null || victim.signalCode !== null)
        return Promise.resolve();
      return new Promise((resolve) => {
        victim.once('exit', () => resolve());
        victim.kill('SIGKILL');
      });
    },
  };
}

/** The `msg` of a line of the log; undefined for what is no such line. */
export function messageOf(line: string): string | undefined {
  const message = fieldsOf(line).msg;
  return typeof message === 'string' ? message : undefined;
}

export function levelOfLine(line: string): string | undefined {
  const { level } = fieldsOf(line);
  return typeof level === 'string' ? level : undefined;
}

function fieldsOf(line: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(line);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

const levels = ['trace', 'debug', 'info', 'warn', 'error'] as const;

function mirrorLine(mirror: Log, line: string): void {
  const { level, msg, time: _time, ...fields } = fieldsOf(line);
  const known = levels.find((name) => name === level) ?? 'info';
  mirror[known](fields, typeof msg === 'string' ? `run: ${msg}` : `run: ${line}`);
}

// test/support/portal.ts: the real program in a rig's node, as a process of its own, seen as a user sees it: its log, its
// HTTP endpoints, its signals and its exit status.
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Namespace } from '../../lib/demo/namespaces.js';
import type { ExecResult } from '../../lib/proxier/exec.js';
import { eventually } from './eventually.js';

export const mainFile = fileURLToPath(new URL('../../lib/main.js', import.meta.url));

export interface ProgramOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** @default this build's */
  readonly mainFile?: string;
  /** What runs the program: `prlimit --nofile=100 --`. */
  readonly wrapper?: readonly string[];
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface LogLine {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** `kube-portal ARGS` in the node's namespace. It ends with the namespace, if not before. */
export function startProgram(
  node: Namespace,
  args: readonly string[],
  options: ProgramOptions = {},
): Program {
  const { env = {}, wrapper = [] } = options;
  const child = node.spawn([...wrapper, process.execPath, options.mainFile ?? mainFile, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...env },
  });
  return new Program(node, child);
}

/** To its end: for commands that do one thing. */
export function runProgram(node: Namespace, args: readonly string[]): Promise<ExecResult> {
  return node.run([process.execPath, mainFile, ...args]);
}

export class Program {
  readonly exited: Promise<Exit>;
  readonly startedAtMs = performance.now();
  readonly #node: Namespace;
  readonly #child: ChildProcess;
  readonly #lines: string[] = [];

  constructor(node: Namespace, child: ChildProcess) {
    this.#node = node;
    this.#child = child;
    this.exited = new Promise((resolve, reject) => {
      child.once('error', reject);
      // 'close' comes after the last line of the log.
      child.once('close', (code, signal) => resolve({ code, signal }));
    });
    if (child.stderr) createInterface({ input: child.stderr }).on('line', (line) => this.#lines.push(line));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** What it wrote to stderr so far: lines of JSON, mostly. */
  log(): readonly string[] {
    return this.#lines;
  }

  /** The parsed lines, without those that are no JSON. */
  records(): readonly LogLine[] {
    return this.#lines.flatMap((line) => (line.startsWith('{') ? [JSON.parse(line) as LogLine] : []));
  }

  /**
   * A line that matches has been written, now or within `timeoutMs`. Rejects with the end of the log else.
   * @param from how many lines to pass over: `log().length` of an earlier moment
   */
  async logged(pattern: RegExp, timeoutMs = 30_000, from = 0): Promise<string> {
    const find = () => this.#lines.slice(from).find((line) => pattern.test(line));
    await eventually(`the log says ${pattern}`, () => find() !== undefined, timeoutMs).catch((err: Error) => {
      const last = this.#lines.slice(-30).map((line) => line.slice(0, 400));
      throw new Error(`${err.message}; it says:\n${last.join('\n')}`);
    });
    return find() ?? '';
  }

  /** The first sync is done: the whole first state is in force. */
  async forwarding(): Promise<this> {
    await this.logged(/"forwarding"/);
    return this;
  }

  kill(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  async end(signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    this.kill(signal);
    return this.exited;
  }

  /** Status and body of the health server's /healthz; status 0 while nobody answers. */
  healthz(): Promise<{ readonly status: number; readonly body: string }> {
    return this.#get('http://127.0.0.1:10256/healthz');
  }

  /** A metric's samples by their labels (`{table="nat"}`, '' without), as /metrics shows them. */
  async metric(name: string): Promise<ReadonlyMap<string, number>> {
    const { body } = await this.#get('http://127.0.0.1:10249/metrics');
    const samples = body.split('\n').flatMap((line) => {
      const [, found, labels = '', value] = /^(\w+)(\{.*\})? (\S+)$/.exec(line) ?? [];
      return found === name ? [[labels, Number(value)] as const] : [];
    });
    return new Map(samples);
  }

  async #get(url: string): Promise<{ readonly status: number; readonly body: string }> {
    const { stdout } = await this.#node.run(['curl', '-s', '-m', '3', '-w', '\n%{http_code}', url]);
    const end = stdout.lastIndexOf('\n');
    return { status: Number(stdout.slice(end + 1)), body: stdout.slice(0, end) };
  }
}

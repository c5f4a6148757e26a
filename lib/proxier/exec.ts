// proxier/exec.ts: how the edges run another program. Handed in as an argument, so that tests can answer for it.
import { spawn } from 'node:child_process';

export interface ExecOptions {
  /** Written to the program's stdin, which is then closed. Absent: stdin is /dev/null. */
  readonly input?: string;
  /** The program is killed after this many milliseconds. @default 30000 */
  readonly timeoutMs?: number;
  /** Added to this process's own environment. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface ExecResult {
  /** The exit status. What it means is the caller's to say: it is no error here. */
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `file` (no shell). Rejects with ExecError when there is no exit status to report. */
export type Exec = (file: string, args: readonly string[], options?: ExecOptions) => Promise<ExecResult>;

/** `missing`: there is no such program; `timeout`: killed by us; `signal`: killed by somebody else. */
export type ExecFailure = 'missing' | 'timeout' | 'signal' | 'other';

export class ExecError extends Error {
  override readonly name = 'ExecError';
  readonly reason: ExecFailure;

  constructor(reason: ExecFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

export function isMissingProgram(err: unknown): boolean {
  return err instanceof ExecError && err.reason === 'missing';
}

export function isExecTimeout(err: unknown): boolean {
  return err instanceof ExecError && err.reason === 'timeout';
}

/** An ordinary user's PATH may lack the folders where iptables, conntrack and ip live. */
export function withSystemFolders(path: string | undefined): string {
  const folders = (path ?? '/usr/local/bin:/usr/bin:/bin').split(':').filter((folder) => folder !== '');
  const missing = ['/usr/sbin', '/sbin'].filter((folder) => !folders.includes(folder));
  return [...folders, ...missing].join(':');
}

export const systemExec: Exec = (file, args, options = {}) => {
  const { input, timeoutMs = 30_000, env = {} } = options;
  const path = withSystemFolders(env.PATH ?? process.env.PATH);
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, {
      env: { ...process.env, ...env, PATH: path },
      stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    });
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill('SIGKILL');
      // A grandchild may hold the pipes open; what it still writes is nobody's concern now.
      child.stdout?.destroy();
      child.stderr?.destroy();
    }, timeoutMs);
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout?.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr?.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', (cause: NodeJS.ErrnoException) => {
      clearTimeout(timer);
      const reason = cause.code === 'ENOENT' ? 'missing' : 'other';
      reject(new ExecError(reason, `run ${file}: ${cause.code ?? cause.message}`, { cause }));
    });
    child.on('close', (status, signal) => {
      clearTimeout(timer);
      if (timedOut) return reject(new ExecError('timeout', `run ${file}: no end after ${timeoutMs} ms`));
      if (status === null) return reject(new ExecError('signal', `run ${file}: killed by ${signal}`));
      const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString('utf8');
      resolve({ status, stdout: text(stdout), stderr: text(stderr) });
    });
    // A program that ends without reading its input closes the pipe: its exit status says what happened.
    child.stdin?.on('error', () => {});
    if (input !== undefined) child.stdin?.end(input);
  });
};

// test/support/demo-run.ts: runs `kube-portal demo` as a user would, with a temporary folder of its own, so that one can
// see what it leaves behind.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { type LineReader, readLines } from '../../lib/demo/line-reader.js';
import { systemClock } from '../../lib/proxier/clock.js';

export interface DemoRun {
  readonly child: ChildProcess;
  readonly stdout: LineReader;
  readonly stderr: LineReader;
  readonly temporary: string;
  /** Exit status, or the signal's name. */
  readonly end: Promise<number | string>;
}

export interface DemoRunOptions {
  /** What to start main.js with: `setpriv …`. */
  readonly prefix?: readonly string[];
  /** @default 'dist/lib/main.js' */
  readonly program?: string;
  /** @default a new folder of the test */
  readonly temporary?: string;
}

export function runDemo(test: Test, args: readonly string[], options: DemoRunOptions = {}): DemoRun {
  const { prefix = [], program = 'dist/lib/main.js', temporary = shortFolder(test) } = options;
  // Without what the test runner has its children's children load: another user could not write its files.
  const plain = ['env', '-u', 'NODE_OPTIONS'];
  const [file = '', ...rest] = [...prefix, ...plain, process.execPath, program, 'demo', ...args];
  const child = spawn(file, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, HOME: temporary, TMPDIR: temporary },
  });
  test.teardown(() => child.kill('SIGKILL'));
  const end = new Promise<number | string>((resolve) => {
    child.once('close', (status, signal) => resolve(status ?? String(signal)));
  });
  return {
    child,
    stdout: readLines(child.stdout, systemClock),
    stderr: readLines(child.stderr, systemClock),
    temporary,
    end,
  };
}

/** Its name is printed, and no line should be too long. */
function shortFolder(test: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'kp-'));
  test.teardown(() => rmSync(folder, { recursive: true }));
  return folder;
}

export async function leftoversOf({ temporary }: DemoRun): Promise<readonly string[]> {
  return (await readdir(temporary)).sort();
}

/** Waits for it, for up to 10 s. A zombie is gone: whoever adopted it reaps it when it likes. */
export async function isGone(pid: number): Promise<boolean> {
  for (let tries = 0; tries < 100; tries += 1) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z');
    if (stat.slice(stat.lastIndexOf(')')).startsWith(') Z')) return true;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return false;
}

/** All processes that the demo's text names: listeners, victims, holders of namespaces. */
export function pidsIn({ stdout }: DemoRun): readonly number[] {
  const text = stdout.lines.join('\n');
  const named = text.matchAll(/\bpid=(\d+)|\bprocess,? (\d+)|--target (\d+)|-KILL (\d+)/g);
  return [...new Set([...named].map((match) => Number(match.slice(1).find((pid) => pid !== undefined))))];
}

/** The table at the end: one line a claim. */
function tableOf({ stdout: { lines } }: DemoRun): readonly string[] {
  const start = lines.indexOf('What was claimed, and what showed it');
  return lines.slice(start + 1).filter((line) => /^ {2}[✓✗] /.test(line));
}

/** It ended well, all of its claims hold, and nothing of it stays. */
export async function expectSuccess(t: Test, run: DemoRun): Promise<void> {
  t.equal(await run.end, 0);
  const table = tableOf(run);
  t.ok(table.length >= 30, `${table.length} claims`);
  for (const line of table) t.match(line, /^ {2}✓ /);
  t.match(run.stdout.lines.at(-1), /^All of it happened/);
  t.same(run.stderr.lines, []);
  t.same(await leftoversOf(run), []);
  for (const pid of pidsIn(run)) t.ok(await isGone(pid), `${pid}`);
}

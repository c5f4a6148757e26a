// dataplane/sctp-terminate/child-process.ts: the child that terminates associations, kept alive: started, watched, killed
// when it hangs, started again when it has ended, ever later when that happens often.
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../../proxier/clock.js';
import type { Log } from '../../proxier/log.js';
import type { FromTerminator, TerminatorSettings, ToTerminator } from './messages.js';

const program = fileURLToPath(new URL('./child.js', import.meta.url));
const longestDelayMs = 10_000;
/** Who lived as long begins anew with the shortest delay. */
const healthyMs = 30_000;
/** Beyond the grace period that it was given. */
const endTimeoutMs = 2000;
const stderrTail = 2000;

export interface ChildParts {
  readonly settings: TerminatorSettings;
  readonly hangTimeoutMs: number;
  readonly restartDelayMs: number;
  readonly clock: Clock;
  readonly log: Log;
  /** A new child runs and knows nothing. */
  readonly started: () => void;
  readonly message: (message: FromTerminator) => void;
  /** Its associations are lost. */
  readonly lost: () => void;
}

export class TerminatorProcess {
  readonly #parts: ChildParts;
  #child: ChildProcess | undefined;
  #restarts = 0;
  #failures = 0;
  #cancelHang: () => void = () => {};
  #cancelRestart: () => void = () => {};
  #isEnding = false;

  constructor(parts: ChildParts) {
    this.#parts = parts;
  }

  /** How often it was started again. */
  get restarts(): number {
    return this.#restarts;
  }

  /** Of the running child; undefined: there is none at the moment. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  start(): void {
    const { clock, settings } = this.#parts;
    const child = fork(program, [JSON.stringify(settings)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const startedMs = clock.monotonic();
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr = (stderr + chunk.toString()).slice(-stderrTail);
    });
    child.on('message', (message: FromTerminator) => {
      this.#watch(child);
      if (message.kind === 'ready') this.#parts.started();
      else this.#parts.message(message);
    });
    // It may end between two messages to it.
    child.on('error', () => {});
    child.once('close', (status, signal) => {
      this.#child = undefined;
      this.#cancelHang();
      if (this.#isEnding) return;
      this.#restart(clock.monotonic() - startedMs, { status, signal, stderr: stderr.trim() });
    });
    this.#child = child;
    this.#watch(child);
  }

  #watch(child: ChildProcess): void {
    const { clock, hangTimeoutMs, log } = this.#parts;
    this.#cancelHang();
    this.#cancelHang = clock.after(hangTimeoutMs, () => {
      log.warn(
        { pid: child.pid, hangTimeoutMs },
        'the child that terminates SCTP associations hangs: killed',
      );
      child.kill('SIGKILL');
    });
  }

  #restart(lifeMs: number, ending: Readonly<Record<string, unknown>>): void {
    const { clock, log, lost, restartDelayMs } = this.#parts;
    this.#failures = lifeMs > healthyMs ? 1 : this.#failures + 1;
    this.#restarts++;
    const delayMs = Math.min(restartDelayMs * 2 ** (this.#failures - 1), longestDelayMs);
    log.warn(
      { ...ending, delayMs, restarts: this.#restarts },
      'the child that terminates SCTP associations has ended: its associations are lost, and it is started again',
    );
    lost();
    this.#cancelRestart = clock.after(delayMs, () => this.start());
  }

  /** False: there is no child to tell; it will learn everything when it starts. */
  send(message: ToTerminator): boolean {
    if (this.#child?.connected !== true) return false;
    this.#child.send(message, () => {});
    return true;
  }

  /** Resolves when it is gone. Idempotent. */
  async end(graceMs: number): Promise<void> {
    this.#isEnding = true;
    this.#cancelRestart();
    const child = this.#child;
    if (child === undefined) return;
    // Its beats go on meanwhile, and a grace period may be long.
    const cancelKill = this.#parts.clock.after(graceMs + endTimeoutMs, () => child.kill('SIGKILL'));
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
    this.send({ kind: 'end', graceMs });
    await gone;
    cancelKill();
    this.#cancelHang();
  }
}

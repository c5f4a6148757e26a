// dataplane/departures.ts: which endpoints of a listener have left, and when what is established to them is to be cut
// (ListenerConfig.drain). For data planes whose connections are held by other threads: these are told when the time has
// come, and know nothing of policies and times.
import type { EndpointAddress } from '../model/endpoint.js';
import { hostPort } from '../model/ip.js';
import type { Clock } from '../proxier/clock.js';
import type { ListenerConfig } from '../proxier/data-plane.js';

/** Node's timers take no more and fire at once instead (a signed 32 bit number of milliseconds, 24.8 days). */
const longestTimerMs = 2 ** 31 - 1;
/** Of those that nobody asks to cut, so many are remembered, in case somebody will. */
const rememberedEndpoints = 1024;

export interface DeparturesParts<Name> {
  readonly clock: Clock;
  /** What those who hold connections know a leaving endpoint by; undefined: it never had any. */
  nameOf(endpoint: EndpointAddress): Name | undefined;
  /** What is established to these is to be cut now; they are forgotten. */
  cut(left: readonly Name[]): void;
}

type Config = Pick<ListenerConfig, 'endpoints' | 'resting' | 'drain'>;

export class Departures<Name> {
  readonly #parts: DeparturesParts<Name>;
  #config: Config;
  /** By `ip:port`; the first to leave comes first. Made only where one has left: there are many listeners. */
  #left: Map<string, { readonly name: Name; readonly leftAtMs: number }> | undefined;
  #cancelTimer: (() => void) | undefined;

  constructor(config: Config, parts: DeparturesParts<Name>) {
    this.#config = config;
    this.#parts = parts;
  }

  /** Some have left, and are to be cut some time. */
  get isWaiting(): boolean {
    return this.#cancelTimer !== undefined;
  }

  /** Notes who has left and who is back. Nothing is cut before cutDue(). */
  update(config: Config): void {
    const before = this.#config;
    this.#config = config;
    if (config.endpoints === before.endpoints && config.resting === before.resting) return;
    const present = new Set([...config.endpoints, ...config.resting].map(keyOf));
    for (const key of this.#left?.keys() ?? []) if (present.has(key)) this.#left?.delete(key);
    const leftAtMs = this.#parts.clock.monotonic();
    for (const endpoint of [...before.endpoints, ...before.resting]) {
      const key = keyOf(endpoint);
      if (present.has(key) || this.#left?.has(key)) continue;
      const name = this.#parts.nameOf(endpoint);
      if (name === undefined) continue;
      this.#left ??= new Map();
      this.#left.set(key, { name, leftAtMs });
    }
  }

  /** Has those cut whose time is over by the present policy, and comes back for the next one by itself. */
  cutDue(): void {
    this.close();
    const left = this.#left;
    if (left === undefined) return;
    const { drain } = this.#config;
    if (drain.kind === 'leave') {
      forgetFirst(left, left.size - rememberedEndpoints);
      return;
    }
    const { clock, cut } = this.#parts;
    const nowMs = clock.monotonic();
    const due: Name[] = [];
    for (const [key, { name, leftAtMs }] of left) {
      const remainingMs = leftAtMs + drain.afterMs - nowMs;
      if (remainingMs > 0) {
        this.#cancelTimer = clock.after(Math.min(remainingMs, longestTimerMs), () => this.cutDue());
        break;
      }
      left.delete(key);
      due.push(name);
    }
    if (due.length > 0) cut(due);
  }

  /** Nobody is cut any more, unless cutDue() is called again. */
  close(): void {
    this.#cancelTimer?.();
    this.#cancelTimer = undefined;
  }
}

function forgetFirst(left: Map<string, unknown>, count: number): void {
  let remaining = count;
  for (const key of left.keys()) {
    if (remaining-- <= 0) return;
    left.delete(key);
  }
}

function keyOf({ ip, port }: EndpointAddress): string {
  return hostPort(ip, port);
}

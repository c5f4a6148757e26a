// dataplane/node/dial-candidates.ts: dials the candidates of one client, best first, until one answers.
// Each try has its own limit and all of them a common one; an endpoint that fails is set aside. Holds at most one
// socket, and closes it unless it is handed over.
import type { Socket } from 'node:net';
import type { Balancer, Candidates } from '../../balance/balancer.js';
import type { EndpointAddress } from '../../model/endpoint.js';
import type { Clock } from '../../proxier/clock.js';
import { isLocalAddressTrouble, isShortage } from '../errno.js';
import type { Dial } from './dial.js';

export interface DialSettings {
  readonly dial: Dial;
  readonly clock: Clock;
  readonly dialTimeoutMs: number;
  readonly dialBudgetMs: number;
  readonly keepAliveDelayMs: number;
}

export type DialOutcome =
  | {
      readonly kind: 'connected';
      /** Belongs to the receiver from now on; its errors are the receiver's to handle. */
      readonly socket: Socket;
      readonly endpoint: EndpointAddress;
      /** Of this last try alone. */
      readonly seconds: number;
    }
  | {
      readonly kind: 'failed';
      readonly reason: 'no-endpoints' | 'dial' | 'dial-timeout';
      /** The last endpoint tried, and what it said. */
      readonly endpoint?: EndpointAddress;
      readonly error?: unknown;
    };

export interface Dialling {
  /** `done` is not called any more. */
  cancel(): void;
  /** Goes on to the next candidate if the endpoint that is being dialled has left: it may never answer. */
  endpointsChanged(): void;
}

/** Calls `done` once, never before it has returned; not at all after it was cancelled. */
export function dialCandidates(
  client: string,
  balancer: Balancer,
  settings: DialSettings,
  done: (outcome: DialOutcome) => void,
): Dialling {
  const dialling = new CandidateDialling(client, balancer, settings, done);
  process.nextTick(() => dialling.next());
  return dialling;
}

class CandidateDialling implements Dialling {
  readonly #client: string;
  readonly #balancer: Balancer;
  readonly #settings: DialSettings;
  readonly #done: (outcome: DialOutcome) => void;
  readonly #candidates: Candidates;
  readonly #deadlineMs: number;
  #over = false;
  /** A later endpoint that got only what the others left of the budget: its silence says nothing about it. */
  #hurried = false;
  #trying: { readonly endpoint: EndpointAddress; abandon(): void } | undefined;
  #last: { readonly endpoint: EndpointAddress; readonly error: unknown } | undefined;

  constructor(
    client: string,
    balancer: Balancer,
    settings: DialSettings,
    done: (outcome: DialOutcome) => void,
  ) {
    const nowMs = settings.clock.monotonic();
    this.#client = client;
    this.#balancer = balancer;
    this.#settings = settings;
    this.#done = done;
    this.#candidates = balancer.candidates(client, nowMs);
    this.#deadlineMs = nowMs + settings.dialBudgetMs;
  }

  cancel(): void {
    this.#over = true;
    this.#trying?.abandon();
  }

  endpointsChanged(): void {
    if (this.#trying === undefined || this.#balancer.has(this.#trying.endpoint)) return;
    this.#trying.abandon();
    this.next();
  }

  next(): void {
    if (this.#over) return;
    // Timers count whole milliseconds and may be early by one: what is left then is no time for a try.
    const remainingMs = Math.floor(this.#deadlineMs - this.#settings.clock.monotonic());
    const endpoint = remainingMs > 0 ? this.#candidates.next() : undefined;
    if (endpoint !== undefined) this.#try(endpoint, Math.min(this.#settings.dialTimeoutMs, remainingMs));
    else if (remainingMs <= 0) this.#fail('dial-timeout');
    else this.#fail(this.#last === undefined ? 'no-endpoints' : 'dial');
  }

  #try(endpoint: EndpointAddress, timeoutMs: number): void {
    const { clock, dial, dialTimeoutMs, keepAliveDelayMs } = this.#settings;
    const startedMs = clock.monotonic();
    let socket: Socket;
    try {
      socket = dial(endpoint, { keepAliveDelayMs });
    } catch (error) {
      process.nextTick(() => this.#failed(endpoint, error));
      return;
    }
    let settled = false;
    const settle = (): boolean => {
      if (settled) return false;
      settled = true;
      cancelTimer();
      this.#trying = undefined;
      return true;
    };
    const give = (error: unknown): void => {
      if (!settle()) return;
      socket.destroy();
      this.#failed(endpoint, error);
    };
    const cancelTimer = clock.after(timeoutMs, () => {
      this.#hurried = this.#last !== undefined && timeoutMs < dialTimeoutMs;
      give(new Error(`no answer within ${Math.round(timeoutMs)} ms`));
    });
    const abandon = (): void => {
      if (settle()) socket.destroy();
    };
    this.#trying = { endpoint, abandon };
    // Stays for the socket's whole life: it must never be without a handler, whoever owns it.
    socket.on('error', give);
    socket.once('connect', () => {
      if (isSelfConnected(socket, endpoint)) return give(new Error('connected to itself'));
      if (!settle()) return;
      this.#over = true;
      const nowMs = clock.monotonic();
      this.#balancer.answered(endpoint);
      this.#balancer.chosen(this.#client, endpoint, nowMs);
      const seconds = (nowMs - startedMs) / 1000;
      this.#done({ kind: 'connected', socket, endpoint, seconds });
    });
  }

  #failed(endpoint: EndpointAddress, error: unknown): void {
    if (this.#over) return;
    this.#last = { endpoint, error };
    if (isShortage(error)) {
      this.#fail('dial');
      return;
    }
    if (!this.#hurried && !isLocalAddressTrouble(error))
      this.#balancer.setAside(endpoint, this.#settings.clock.monotonic());
    this.next();
  }

  #fail(reason: 'no-endpoints' | 'dial' | 'dial-timeout'): void {
    this.#over = true;
    this.#done({ kind: 'failed', reason, ...this.#last });
  }
}

/**
 * A dial to a dead port of this host succeeds, with itself, when the kernel picks that very port as the source (a
 * simultaneous open, RFC 9293 3.5). Go's net package looks for it as well.
 */
function isSelfConnected(socket: Socket, endpoint: EndpointAddress): boolean {
  return socket.localPort === endpoint.port && socket.localAddress === endpoint.ip;
}

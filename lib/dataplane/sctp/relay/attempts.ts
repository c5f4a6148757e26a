// dataplane/sctp/relay/attempts.ts: finds an endpoint for a client's INIT: one candidate after the other, each from a fresh
// relay port, until one answers. When none is left the client is told so with an ABORT that carries its own tag.
import type { ConnectionFailure } from '../../../proxier/data-plane.js';
import { EAGAIN, isShortage } from '../../native/abi/errno.js';
import { countDial, countFailure } from '../../native/counter-block.js';
import type { TimerWheel } from '../../native/timer-wheel.js';
import { ipText } from '../wire/ip-words.js';
import type { Totals } from './counters.js';
import type { Flow } from './flow.js';
import type { FlowTable } from './flow-table.js';
import type { RelayOptions } from './options.js';
import type { Sender } from './sender.js';

/** Endpoints that the kernel refuses at once are tried in a row, but other packets wait meanwhile. */
const triesInARow = 16;

export interface AttemptParts {
  readonly options: RelayOptions;
  readonly table: FlowTable;
  readonly sender: Sender;
  readonly timers: TimerWheel;
  readonly totals: Totals;
  readonly now: () => number;
}

export class Attempts {
  readonly #parts: AttemptParts;

  constructor(parts: AttemptParts) {
    this.#parts = parts;
  }

  /** Tries the next candidate of a half-open flow. */
  next(flow: Flow): void {
    const { table, sender, timers, totals, now } = this.#parts;
    const { init, handshake, listener } = flow;
    if (init === undefined || handshake === undefined) return;
    const nowMs = now();
    for (let tries = 0; tries < triesInARow; tries++) {
      const candidate = flow.candidates.next();
      if (candidate === undefined) {
        this.#fail(flow, flow.hasFailedTry ? 'dial' : 'no-endpoints', handshake.clientTag);
        return;
      }
      if (!table.connect(flow, listener.targets.of(candidate)) || flow.endpoint === undefined) {
        totals.count('refusedOverload');
        this.#fail(flow, 'connection-limit', handshake.clientTag);
        return;
      }
      const result = sender.send(init, flow.endpoint);
      if (result >= 0 || result === -EAGAIN || isShortage(result)) {
        this.waitForAnswer(flow);
        return;
      }
      flow.hasFailedTry = true;
      listener.balancer.setAside(candidate, nowMs);
    }
    timers.set(flow.timer, 0, nowMs);
  }

  /** An INIT was sent to the endpoint; silence counts from now on, but never beyond the time for a handshake. */
  waitForAnswer(flow: Flow): void {
    const { options, timers, now } = this.#parts;
    flow.triedMs = now();
    const leftMs = flow.bornMs + options.halfOpenTimeoutMs - flow.triedMs;
    timers.set(flow.timer, Math.min(options.tryTimeoutMs, leftMs), flow.triedMs);
  }

  /** The endpoint has refused, or said nothing. */
  refused(flow: Flow): void {
    flow.hasFailedTry = true;
    if (flow.target !== undefined) flow.listener.balancer.setAside(flow.target.address, this.#parts.now());
    this.next(flow);
  }

  /** One that has left will hardly answer. Once it has answered the client knows its tag, and nobody else will do. */
  endpointsChanged(flow: Flow): void {
    const { handshake, listener, target } = flow;
    if (flow.state !== 'half-open' || handshake?.isAnswered !== false || target === undefined) return;
    if (!listener.balancer.has(target.address)) this.next(flow);
  }

  /** The first INIT ACK of an endpoint. */
  answered(flow: Flow): void {
    const { options, timers, now } = this.#parts;
    const nowMs = now();
    const { client, target } = flow;
    if (target !== undefined) {
      const { balancer } = flow.listener;
      balancer.answered(target.address);
      balancer.chosen(ipText(client.peer), target.address, nowMs);
    }
    flow.dialSeconds = (nowMs - flow.triedMs) / 1000;
    timers.set(flow.timer, flow.bornMs + options.halfOpenTimeoutMs - nowMs, nowMs);
  }

  /** COOKIE ACK: the association is up. */
  established(flow: Flow): void {
    const { options, table, timers, now } = this.#parts;
    flow.init = undefined;
    // Not by the target that was tried: of an endpoint that has left meanwhile the place may count somebody else's.
    if (flow.target !== undefined && flow.listener.targets.has(flow.target.address))
      flow.listener.targets.of(flow.target.address).pick();
    countDial(flow.listener.counters, flow.dialSeconds);
    table.open(flow);
    timers.set(flow.timer, options.idleTimeoutMs, now());
  }

  /** Its timer has fired while it was half-open. */
  expired(flow: Flow): void {
    const { options, table, now } = this.#parts;
    const { handshake } = flow;
    if (handshake === undefined) return;
    const isOver = now() - flow.bornMs >= options.halfOpenTimeoutMs;
    if (!handshake.isAnswered) {
      if (isOver) this.#fail(flow, 'dial-timeout', handshake.clientTag);
      else this.refused(flow);
      return;
    }
    // The endpoint has answered, but the client never went on.
    countFailure(flow.listener.counters, 'client-reset');
    table.drop(flow);
  }

  #fail(flow: Flow, reason: ConnectionFailure, clientTag: number): void {
    countFailure(flow.listener.counters, reason);
    this.#parts.sender.answer('abort', clientTag, flow.client);
    this.#parts.table.drop(flow);
  }
}

// dataplane/linux/last-bytes.ts: what a side had sent before it reset its connection: an error's text, an answer to a
// request that it did not read to its end. All that has reached this host goes to the other side, as it would without us
// between; only then is the reset passed on, which drops whatever the other side's kernel has not got (SO_LINGER 0).

import type { Sockets } from '../native/sockets.js';
import type { OneWay } from './one-way.js';

/** How long the other side may acknowledge nothing before the rest is given up, in milliseconds. */
const patienceMs = 1000;
/** No event tells that all was acknowledged. Asked this often at first, then ever more seldom. */
const firstPollMs = 8;
const longestPollMs = 128;

export class LastBytes {
  readonly #way: OneWay;
  readonly #to: number;
  readonly #sockets: Sockets;
  #isTaken = false;
  #bytes = 0;
  #unacknowledged = 0;
  #lastMoveMs: number;
  #pollMs = firstPollMs;

  /** @param way from the broken side to `to`, whose descriptor it is */
  constructor(way: OneWay, to: number, sockets: Sockets, nowMs: number) {
    this.#way = way;
    this.#to = to;
    this.#sockets = sockets;
    this.#lastMoveMs = nowMs;
    way.readable = true;
  }

  /** Milliseconds until it is to be called again, or at the next event; 'more': without waiting; 'over': all is done. */
  move(nowMs: number): number | 'more' | 'over' {
    if (!this.#isTaken) {
      // What this comes to is no end: none is passed on, and nothing sent is held back to leave together with one.
      this.#way.endSeen = false;
      const moved = this.#way.move(true);
      if (moved === 'more') return 'more';
      if (moved === 'to-broken') return 'over';
      this.#isTaken = this.#way.empty;
    }
    const unacknowledged = this.#sockets.unacknowledged(this.#to);
    if (this.#isTaken && unacknowledged <= 0) return 'over';
    if (unacknowledged !== this.#unacknowledged || this.#way.bytes !== this.#bytes) {
      this.#unacknowledged = unacknowledged;
      this.#bytes = this.#way.bytes;
      this.#lastMoveMs = nowMs;
    }
    if (nowMs - this.#lastMoveMs >= patienceMs) return 'over';
    const pollMs = this.#pollMs;
    this.#pollMs = Math.min(2 * pollMs, longestPollMs);
    return pollMs;
  }
}

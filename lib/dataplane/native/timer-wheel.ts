// dataplane/native/timer-wheel.ts: timers of one thread, which blocks in epoll_wait and so has no setTimeout.
// A hashed wheel (Varghese and Lauck, 1987): setting and cancelling cost the same however many there are. Pure: time is
// passed in, in monotonic milliseconds. A timer never fires early, and up to a tick late.
import { endFaulty, type MayFail, type ReportFault } from './fault.js';

const tickMs = 8;
/** Slots in the wheel: 8 s a round. A later timer waits through several rounds. */
const slots = 1024;

export interface TimerOwner extends MayFail {
  expired(): void;
}

/** One timer; set again as often as needed. */
export class Timer {
  readonly owner: TimerOwner;
  /** Tick in which it fires; -1 while it is not set. */
  tick = -1;
  next: Timer | undefined;
  previous: Timer | undefined;

  constructor(owner: TimerOwner) {
    this.owner = owner;
  }
}

export class TimerWheel {
  readonly #fault: ReportFault;
  readonly #slots: (Timer | undefined)[] = Array.from({ length: slots }, () => undefined);
  /** The last tick whose timers have fired. */
  #now: number;
  /** No timer fires before this tick; Infinity: none is set. */
  #earliest = Number.POSITIVE_INFINITY;
  #count = 0;

  /** @param fault is told what an owner threw, which ends then (fault.ts) */
  constructor(nowMs: number, fault: ReportFault = rethrow) {
    this.#fault = fault;
    this.#now = Math.floor(nowMs / tickMs);
  }

  /** Sets it anew if it was set. */
  set(timer: Timer, delayMs: number, nowMs: number): void {
    this.cancel(timer);
    const tick = Math.max(this.#now + 1, Math.ceil((nowMs + delayMs) / tickMs));
    timer.tick = tick;
    const slot = tick % slots;
    const head = this.#slots[slot];
    timer.next = head;
    if (head !== undefined) head.previous = timer;
    this.#slots[slot] = timer;
    this.#count++;
    if (tick < this.#earliest) this.#earliest = tick;
  }

  cancel(timer: Timer): void {
    if (timer.tick === -1) return;
    if (timer.previous === undefined) this.#slots[timer.tick % slots] = timer.next;
    else timer.previous.next = timer.next;
    if (timer.next !== undefined) timer.next.previous = timer.previous;
    timer.tick = -1;
    timer.next = undefined;
    timer.previous = undefined;
    this.#count--;
    if (this.#count === 0) this.#earliest = Number.POSITIVE_INFINITY;
  }

  /** Milliseconds until advance() may have something to do, rounded up; -1: nothing is set. */
  waitMs(nowMs: number): number {
    if (this.#earliest === Number.POSITIVE_INFINITY) return -1;
    return Math.max(0, Math.ceil(this.#earliest * tickMs - nowMs));
  }

  /** Fires what is due. */
  advance(nowMs: number): void {
    const now = Math.floor(nowMs / tickMs);
    if (now < this.#earliest) {
      this.#now = now;
      return;
    }
    // After a long wait one round visits every slot; within a slot the tick tells what is due.
    const first = Math.max(this.#earliest, now - slots + 1);
    this.#now = now;
    for (let tick = first; tick <= now; tick++) this.#fire(tick % slots, now);
    this.#earliest = this.#nextTick();
  }

  #fire(slot: number, now: number): void {
    for (;;) {
      let timer = this.#slots[slot];
      while (timer !== undefined && timer.tick > now) timer = timer.next;
      if (timer === undefined) return;
      this.cancel(timer);
      // Anew from the head afterwards: the owner may have set or cancelled others.
      try {
        timer.owner.expired();
      } catch (error) {
        endFaulty(timer.owner, error, this.#fault);
      }
    }
  }

  #nextTick(): number {
    if (this.#count === 0) return Number.POSITIVE_INFINITY;
    for (let tick = this.#now + 1; tick < this.#now + slots; tick++) {
      for (let timer = this.#slots[tick % slots]; timer !== undefined; timer = timer.next) {
        if (timer.tick === tick) return tick;
      }
    }
    return this.#now + slots;
  }
}

function rethrow(error: unknown): never {
  throw error;
}

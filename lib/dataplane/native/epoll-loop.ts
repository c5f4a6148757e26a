// dataplane/native/epoll-loop.ts: waits for descriptors of one thread and calls their handlers. A handler holds one slot
// and may watch several descriptors with it, told apart by a tag; work it can't finish at once is called again.
import { performance } from 'node:perf_hooks';
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLL_CTL_DEL, EPOLL_CTL_MOD } from './abi/constants.js';
import { EINTR } from './abi/errno.js';
import { epollEvent } from './abi/layouts.js';
import type { Descriptors } from './descriptors.js';
import { endFaulty, type MayFail, type ReportFault } from './fault.js';
import { NativeMemory } from './native-memory.js';
import * as sys from './syscalls.js';
import { check } from './system-error.js';

export interface ReadyHandler extends MayFail {
  /** `events`: EPOLLIN and so on; `tag`: that of the descriptor. */
  ready(events: number, tag: number): void;
}

export interface Resumable extends MayFail {
  /** Goes on with what was left when again() was called. */
  resume(): void;
}

const eventsPerWait = 256;
/**
 * Milliseconds of a turn that go to the work called again. Bulk streams fill any time they get: without a limit a small
 * message waits, each time it comes, until all of them have had a turn.
 */
const againMs = 2;
const wordsPerEvent = epollEvent.size / 4;
const eventsWord = epollEvent.events / 4;
const slotWord = epollEvent.data / 4;
/** The descriptor's tag, and above it the generation of the slot. */
const tagWord = slotWord + 1;
const tagBits = 16;
const tagMask = 2 ** tagBits - 1;

export class EpollLoop {
  /** Monotonic milliseconds when the last wait returned. */
  nowMs = performance.now();
  /** How often it has waited, ever. */
  turns = 0;
  /** Milliseconds spent in waiting, ever. */
  waitedMs = 0;
  readonly #epoll: number;
  readonly #descriptors: Descriptors;
  readonly #fault: ReportFault;
  readonly #events = new NativeMemory(eventsPerWait * epollEvent.size);
  readonly #words: Int32Array;
  readonly #change = new NativeMemory(epollEvent.size);
  readonly #handlers: (ReadyHandler | undefined)[] = [];
  readonly #freeSlots: number[] = [];
  /**
   * How often each slot was released (it wraps around): events of its former handlers are told by that. There are some in
   * the running batch, and later ones while a child process that is being started holds copies of closed descriptors.
   */
  readonly #generations: number[] = [];
  #again: Resumable[] = [];
  readonly #atEnd: Resumable[] = [];

  /** @param fault is told what a handler threw, which ends then (fault.ts) */
  constructor(descriptors: Descriptors, fault: ReportFault) {
    this.#descriptors = descriptors;
    this.#fault = fault;
    this.#words = this.#events.words;
    this.#epoll = descriptors.adopt(check(sys.epollCreate1(EPOLL_CLOEXEC), 'epoll_create1', 'of a thread'));
  }

  claim(handler: ReadyHandler): number {
    const slot = this.#freeSlots.pop() ?? this.#handlers.length;
    this.#handlers[slot] = handler;
    this.#generations[slot] ??= 0;
    return slot;
  }

  /** From now on `handler` gets the slot's events. */
  replace(slot: number, handler: ReadyHandler): void {
    this.#handlers[slot] = handler;
  }

  /** The slot's descriptors are closed or removed; none of their events is delivered any more. */
  release(slot: number): void {
    this.#handlers[slot] = undefined;
    this.#generations[slot] = (this.#generationOf(slot) + 1) & tagMask;
    this.#freeSlots.push(slot);
  }

  #generationOf(slot: number): number {
    return this.#generations[slot] ?? 0;
  }

  /** 0, or errno negated. `tag`: 0 to 65535. */
  add(fd: number, events: number, slot: number, tag: number): number {
    return this.#control(EPOLL_CTL_ADD, fd, events, slot, tag);
  }

  modify(fd: number, events: number, slot: number, tag: number): number {
    return this.#control(EPOLL_CTL_MOD, fd, events, slot, tag);
  }

  /** For a descriptor that lives on; closing one removes it as well. */
  remove(fd: number): number {
    return this.#control(EPOLL_CTL_DEL, fd, 0, 0, 0);
  }

  #control(operation: number, fd: number, events: number, slot: number, tag: number): number {
    const { words, address } = this.#change;
    words[eventsWord] = events;
    words[slotWord] = slot;
    words[tagWord] = (this.#generationOf(slot) << tagBits) | tag;
    return sys.epollCtl(this.#epoll, operation, fd, address);
  }

  /**
   * `work` is resumed after the handlers of this turn or of one of the next, which do not block: as its place in the row
   * and the time allow. The caller sees to it that it is there once.
   */
  again(work: Resumable): void {
    this.#again.push(work);
  }

  /** `work` is resumed in this turn, after all handlers. The caller sees to it that it is there once. */
  atEndOfTurn(work: Resumable): void {
    this.#atEnd.push(work);
  }

  /** Waits up to `timeoutMs` (-1: for ever) and calls the handlers; `woken` runs before any of them. */
  turn(timeoutMs: number, woken: () => void): void {
    const startedMs = performance.now();
    const timeout = this.#again.length > 0 ? 0 : timeoutMs;
    const count = sys.epollWait(this.#epoll, this.#events.address, eventsPerWait, timeout);
    this.turns++;
    this.nowMs = performance.now();
    this.waitedMs += this.nowMs - startedMs;
    if (count < 0 && count !== -EINTR) check(count, 'epoll_wait', 'of a thread');
    woken();
    for (let event = 0; event < count; event++) this.#deliver(event * wordsPerEvent);
    this.#resumeAll(this.#atEnd);
    if (this.#again.length > 0) this.#resumeSome();
    this.#resumeAll(this.#atEnd);
  }

  #deliver(at: number): void {
    const words = this.#words;
    const slot = words[at + slotWord] ?? 0;
    const handler = this.#handlers[slot];
    const word = words[at + tagWord] ?? 0;
    const generation = word >>> tagBits;
    if (handler === undefined || generation !== this.#generationOf(slot)) return;
    try {
      handler.ready(words[at + eventsWord] ?? 0, word & tagMask);
    } catch (error) {
      // Whoever has the slot by now, a dial may have given it to its relay; but not who has claimed it anew.
      const owner = generation === this.#generationOf(slot) ? this.#handlers[slot] : undefined;
      endFaulty(owner, error, this.#fault);
    }
  }

  #resumeAll(works: Resumable[]): void {
    if (works.length > 0) for (const work of works.splice(0)) this.#resume(work);
  }

  /** At least one. The others keep their places, ahead of whoever calls again meanwhile. */
  #resumeSome(): void {
    const again = this.#again;
    this.#again = [];
    const endMs = performance.now() + againMs;
    let resumed = 0;
    for (const work of again) {
      this.#resume(work);
      resumed++;
      if (resumed < again.length && performance.now() >= endMs) break;
    }
    if (resumed < again.length) this.#again = [...again.slice(resumed), ...this.#again];
  }

  #resume(work: Resumable): void {
    try {
      work.resume();
    } catch (error) {
      endFaulty(work, error, this.#fault);
    }
  }

  close(): void {
    this.#descriptors.close(this.#epoll);
  }
}

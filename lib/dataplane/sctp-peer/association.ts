// dataplane/sctp-peer/association.ts: an association as its user sees it: messages with stream and payload protocol in and
// out, a graceful end or an abrupt one. Around node-sctp's, which loses what is sent too fast and never gives up on a
// peer that is gone: here one message is sent after the other, and silence has a deadline.
import type { Association } from 'sctp/lib/endpoint.js';
import type { EndpointAddress } from '../../model/endpoint.js';
import { hostPort } from '../../model/ip.js';
import type { Clock } from '../../proxier/clock.js';
import { type Seat, unacknowledgedBytes } from './seat.js';

export interface Message {
  readonly payload: Buffer;
  readonly stream: number;
  /** Payload protocol identifier; 0: none. */
  readonly ppid: number;
}

/**
 * How it ended: both sides agreed; the peer said ABORT; we did; the peer fell silent; the peer has started anew; node-sctp
 * has failed.
 */
export type End = 'shutdown' | 'aborted-by-peer' | 'aborted' | 'silent' | 'restarted' | 'failed';

/** `code` is named as for TCP; ECONNREFUSED: an ABORT to the INIT, or unreachable by ICMP. */
export class SctpError extends Error {
  override readonly name = 'SctpError';
  readonly code: 'ECONNREFUSED' | 'ETIMEDOUT' | 'ECONNRESET' | 'EMSGSIZE';

  constructor(code: SctpError['code'], message: string) {
    super(`${message}: ${code}`);
    this.code = code;
  }
}

/** Received and not yet asked for, in bytes: more than that is not taken in. */
const mostWaitingBytes = 1024 * 1024;
const closeTimeoutMs = 5000;
/** What was sent is not acknowledged, and nothing else comes either. */
const silenceTimeoutMs = 15_000;
const checkEveryMs = 1000;
/** ABORT says enough by itself. */
const noReason = '';

export class SctpAssociation {
  readonly peer: EndpointAddress;
  readonly localPort: number;
  /** Resolves once; nothing is sent or received after that. */
  readonly ended: Promise<End>;
  readonly #association: Association;
  readonly #seat: Seat;
  readonly #clock: Clock;
  readonly #largest: number;
  readonly #waiting: Message[] = [];
  #waitingBytes = 0;
  #end: End | undefined;
  #tellEnd: (end: End) => void = () => {};
  /** To be called when anything may have changed. */
  readonly #watchers = new Set<() => void>();
  #lastSend: Promise<unknown> = Promise.resolve();
  #cancelCheck: () => void;
  #heardMs: number;

  /** @param association that is up */
  constructor(
    association: Association,
    parts: {
      readonly seat: Seat;
      readonly clock: Clock;
      readonly peer: EndpointAddress;
      readonly localPort: number;
    },
  ) {
    this.#association = association;
    this.#seat = parts.seat;
    this.#clock = parts.clock;
    this.peer = parts.peer;
    this.localPort = parts.localPort;
    this.#largest = association.peer_rwnd;
    this.ended = new Promise((resolve) => {
      this.#tellEnd = resolve;
    });
    this.#heardMs = parts.clock.monotonic();
    association.on('DATA ARRIVE', (stream: number) => this.#arrived(stream));
    association.on('sack', () => this.#changed());
    association.once('SHUTDOWN COMPLETE', () => this.finish('shutdown'));
    association.once('COMMUNICATION LOST', () => this.finish('aborted-by-peer'));
    // Node-sctp's own words for what it does not handle; without a listener 'error' would be thrown.
    association.on('COMMUNICATION ERROR', () => {});
    this.#cancelCheck = parts.clock.after(checkEveryMs, () => this.#check());
  }

  /** How many streams we may send on: 0 to streams - 1. */
  get streams(): number {
    return this.#association.OS;
  }

  /** The largest message that the peer has room for, in bytes. */
  get largestMessage(): number {
    return this.#largest;
  }

  /** A packet has come from the peer. */
  heard(): void {
    this.#heardMs = this.#clock.monotonic();
  }

  /**
   * Resolves when the message was handed on and the next one may be; rejects with SctpError when it never will be.
   * Throws RangeError for a stream that the peer does not have, and for a message without a byte.
   */
  send(
    payload: Buffer,
    options: { stream?: number; ppid?: number; unordered?: boolean } = {},
  ): Promise<void> {
    const { stream = 0, ppid = 0, unordered = false } = options;
    if (!(stream >= 0 && stream < this.streams)) throw new RangeError(`stream ${stream} of ${this.streams}`);
    if (payload.length === 0) throw new RangeError('an SCTP message has at least one byte');
    const to = hostPort(this.peer.ip, this.peer.port);
    if (payload.length > this.#largest) {
      const what = `send ${payload.length} bytes to ${to}, which has room for ${this.#largest}`;
      return Promise.reject(new SctpError('EMSGSIZE', what));
    }
    const sent = this.#lastSend.then(async () => {
      await this.#until(() => this.#hasRoomFor(payload.length));
      if (this.#end !== undefined) throw new SctpError('ECONNRESET', `send to ${to}: ${this.#end}`);
      this.#association.SEND(payload, { stream_id: stream, ppid, unordered }, () => {});
    });
    this.#lastSend = sent.catch(() => {});
    return sent;
  }

  #hasRoomFor(bytes: number): boolean {
    const { state, cwnd, peer_rwnd } = this.#association;
    if (state !== 'ESTABLISHED') return false;
    const ahead = unacknowledgedBytes(this.#association);
    return ahead < cwnd && (ahead === 0 || ahead + bytes < peer_rwnd);
  }

  /** The next message; undefined: none within `timeoutMs` (absent: however long), or the association has ended. */
  async receive(timeoutMs?: number): Promise<Message | undefined> {
    await this.#until(() => this.#waiting.length > 0, timeoutMs);
    const message = this.#waiting.shift();
    if (message === undefined) return undefined;
    this.#waitingBytes -= message.payload.length;
    this.#seat.isPaused = this.#waitingBytes > mostWaitingBytes;
    return message;
  }

  #arrived(stream: number): void {
    const payload = this.#association.RECEIVE();
    if (payload === undefined) return;
    this.#waiting.push({ payload, stream, ppid: payload.ppid });
    this.#waitingBytes += payload.length;
    this.#seat.isPaused = this.#waitingBytes > mostWaitingBytes;
    this.#changed();
  }

  /** Ends it when all that was sent has arrived; aborts it when that takes longer than `timeoutMs`. Idempotent. */
  async close(timeoutMs = closeTimeoutMs): Promise<void> {
    const deadlineMs = this.#clock.monotonic() + timeoutMs;
    const leftMs = (): number => Math.max(0, deadlineMs - this.#clock.monotonic());
    await Promise.race([this.#lastSend, this.#until(() => false, timeoutMs)]);
    await this.#until(() => unacknowledgedBytes(this.#association) === 0, leftMs());
    if (this.#end === undefined && this.#association.state === 'ESTABLISHED') this.#association.SHUTDOWN();
    await this.#until(() => false, leftMs());
    this.abort('closed');
  }

  /** At once; the peer is told. Idempotent. */
  abort(reason = noReason): void {
    this.finish('aborted', reason);
  }

  /** @param reason for the peer; undefined: it is told nothing */
  finish(end: End, reason?: string): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    this.#cancelCheck();
    this.#seat.close(reason);
    this.#tellEnd(end);
    this.#changed();
  }

  /** Node-sctp sends again and again for ever, and waits for ever for the last word of a shutdown. */
  #check(): void {
    const { state, flightsize } = this.#association;
    const isWaiting = flightsize > 0 || state !== 'ESTABLISHED';
    const silentMs = this.#clock.monotonic() - this.#heardMs;
    if (state === 'SHUTDOWN-ACK-SENT' && silentMs > closeTimeoutMs) this.finish('shutdown');
    else if (isWaiting && silentMs > silenceTimeoutMs) this.finish('silent', noReason);
    else this.#cancelCheck = this.#clock.after(checkEveryMs, () => this.#check());
  }

  #changed(): void {
    for (const watcher of [...this.#watchers]) watcher();
  }

  /** Resolves when `holds()` does, when the association has ended, or after `timeoutMs`. */
  #until(holds: () => boolean, timeoutMs?: number): Promise<void> {
    if (this.#end !== undefined || holds()) return Promise.resolve();
    return new Promise((resolve) => {
      const cancel = timeoutMs === undefined ? () => {} : this.#clock.after(timeoutMs, () => settle());
      const settle = (): void => {
        cancel();
        this.#watchers.delete(watcher);
        resolve();
      };
      const watcher = (): void => {
        if (this.#end !== undefined || holds()) settle();
      };
      this.#watchers.add(watcher);
    });
  }
}

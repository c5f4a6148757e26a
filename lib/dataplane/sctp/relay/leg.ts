// dataplane/sctp/relay/leg.ts: one side of a flow: who is there, and by which address and port of ours we talk to it.
import type { IpWords } from '../wire/ip-words.js';
import type { Route } from './transport.js';

/** The kernel, too, forgets what it has learnt of a path's MTU after so long (RFC 1191, section 6.3), in milliseconds. */
const mtuLifetimeMs = 600_000;

/** The kernel may not have said it for want of a descriptor. */
const askAgainMs = 1000;

export type LegEnds = Pick<Leg<unknown>, 'peer' | 'peerPort' | 'local' | 'localPort' | 'scope'>;

export class Leg<Owner> implements Route {
  readonly flow: Owner;
  readonly peer: IpWords;
  readonly peerPort: number;
  /** Towards an endpoint unspecified: the kernel chooses by its routes. */
  readonly local: IpWords;
  readonly localPort: number;
  readonly scope: number;
  /** The address of ours that the peer talks to, as soon as it is known. */
  reachedAt: IpWords | undefined;
  /** When its peer was last told that its packets are too big, in monotonic milliseconds, and what would fit. */
  toldTooBigMs = Number.NEGATIVE_INFINITY;
  toldMtu = 0;
  /** In its bucket of the LegTable. */
  next: Leg<Owner> | undefined;
  #mtu = 0;
  #mtuUntilMs = 0;
  #arrivalMtu = 0;
  #arrivalMtuUntilMs = 0;

  constructor(flow: Owner, { peer, peerPort, local, localPort, scope }: LegEnds) {
    this.flow = flow;
    this.peer = peer;
    this.peerPort = peerPort;
    this.local = local;
    this.localPort = localPort;
    this.scope = scope;
  }

  /** The largest IP packet that gets through, in bytes; 0: nobody has complained lately. */
  mtu(nowMs: number): number {
    if (this.#mtu !== 0 && nowMs >= this.#mtuUntilMs) this.#mtu = 0;
    return this.#mtu;
  }

  learnMtu(bytes: number, nowMs: number): void {
    this.#mtu = bytes;
    this.#mtuUntilMs = nowMs + mtuLifetimeMs;
  }

  /**
   * The largest IP packet that its peer can send on the way to us, in bytes: more is several of them, put together by a
   * kernel on the way. Taken to be that of the way back.
   * @param ask 0: not known
   */
  arrivalMtu(nowMs: number, ask: (leg: this) => number): number {
    if (nowMs >= this.#arrivalMtuUntilMs) {
      const mtu = ask(this);
      this.#arrivalMtu = mtu || Number.POSITIVE_INFINITY;
      this.#arrivalMtuUntilMs = nowMs + (mtu === 0 ? askAgainMs : mtuLifetimeMs);
    }
    return this.#arrivalMtu;
  }
}

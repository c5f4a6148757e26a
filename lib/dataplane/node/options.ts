// dataplane/node/options.ts: what the `node` data plane can be told, and its defaults.
import type { Balancer } from '../../balance/balancer.js';
import { type Clock, systemClock } from '../../proxier/clock.js';
import { type Log, silentLog } from '../../proxier/log.js';
import { type Dial, dialTcp } from './dial.js';

export interface NodeDataPlaneOptions {
  /** One Balancer per listener, made when the listener opens. */
  readonly newBalancer: () => Balancer;
  /**
   * Open TCP connections and open UDP client flows of all listeners together; what comes on top is refused and
   * counted.
   * @default Infinity: descriptorLimit alone decides
   */
  readonly maxConnections?: number;
  /**
   * RLIMIT_NOFILE of this process. Caps connections at what the listeners leave of it: at EMFILE libuv would accept
   * and close without a word. See connectionCap().
   * @default Infinity
   */
  readonly descriptorLimit?: number;
  /** @default systemClock */
  readonly clock?: Clock;
  /** @default silentLog */
  readonly log?: Log;
  /**
   * How long one endpoint may take to answer a dial, in milliseconds; no longer than what is left of the budget.
   * @default 1000
   */
  readonly dialTimeoutMs?: number;
  /**
   * How long all dials for one client may take together, in milliseconds.
   * @default 5000
   */
  readonly dialBudgetMs?: number;
  /**
   * How long a TCP connection of which one side has ended may stay silent before it is reset, in milliseconds:
   * the time runs from the last byte read or flushed in either direction, not from the end.
   * @default 60000
   */
  readonly halfClosedTimeoutMs?: number;
  /**
   * A UDP client without a datagram in either direction for this long is forgotten, in milliseconds (it may take a
   * quarter longer). Greater than 0.
   * @default 30000
   */
  readonly udpIdleTimeoutMs?: number;
  /**
   * TCP keep-alive: silence before the first probe, in milliseconds, on both sides. Go's net.Dialer uses the same.
   * @default 15000
   */
  readonly keepAliveDelayMs?: number;
  /**
   * What a client may send while its endpoint is dialled, in bytes; reading stops there (and may overshoot by one
   * read, 64 KiB).
   * @default 65536
   */
  readonly earlyDataBytes?: number;
  /**
   * SO_RCVBUF and SO_SNDBUF of every UDP socket, in bytes; the kernel cuts it to net.core.{r,w}mem_max. Must hold
   * a few datagrams of 65,507 bytes.
   * @default 1048576
   */
  readonly udpSocketBufferBytes?: number;
  /** @default dialTcp */
  readonly dial?: Dial;
}

export type ResolvedOptions = Required<NodeDataPlaneOptions>;

export function resolveOptions(options: NodeDataPlaneOptions): ResolvedOptions {
  return {
    newBalancer: options.newBalancer,
    maxConnections: options.maxConnections ?? Number.POSITIVE_INFINITY,
    descriptorLimit: options.descriptorLimit ?? Number.POSITIVE_INFINITY,
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLog,
    dialTimeoutMs: options.dialTimeoutMs ?? 1000,
    dialBudgetMs: options.dialBudgetMs ?? 5000,
    halfClosedTimeoutMs: options.halfClosedTimeoutMs ?? 60_000,
    udpIdleTimeoutMs: options.udpIdleTimeoutMs ?? 30_000,
    keepAliveDelayMs: options.keepAliveDelayMs ?? 15_000,
    earlyDataBytes: options.earlyDataBytes ?? 64 * 1024,
    udpSocketBufferBytes: options.udpSocketBufferBytes ?? 1024 * 1024,
    dial: options.dial ?? dialTcp,
  };
}

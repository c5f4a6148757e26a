// dataplane/linux/options.ts: what the `linux` data plane can be told, and its defaults.
import { availableParallelism } from 'node:os';
import { type Clock, systemClock } from '../../proxier/clock.js';
import { type Log, silentLog } from '../../proxier/log.js';
import { type PortRange, readEphemeralPorts } from '../native/ephemeral-ports.js';
import type { ThreadTuning } from './messages.js';

export interface LinuxDataPlaneOptions {
  /** How long an endpoint that did not answer is tried last, in milliseconds; 0: never. */
  readonly endpointSetAsideMs: number;
  /** See BalancerOptions. @default 0 */
  readonly firstTurn?: number;
  /**
   * Worker threads. The first accepts and dials; all of them relay.
   * @default the processors that this process may use, at most 4
   */
  readonly threads?: number;
  /** As NodeDataPlaneOptions. @default Infinity: descriptorLimit alone decides */
  readonly maxConnections?: number;
  /** As NodeDataPlaneOptions: RLIMIT_NOFILE of this process. @default Infinity */
  readonly descriptorLimit?: number;
  /** @default systemClock */
  readonly clock?: Clock;
  /** @default silentLog */
  readonly log?: Log;
  /**
   * A thread has ended by a fault, or could not be started: its connections are lost, and only a new process serves all
   * Services again. Called once.
   * @default throws, which ends the process unless somebody catches it
   */
  readonly died?: (error: unknown) => void;
  /** For one endpoint, in milliseconds. @default 1000 */
  readonly dialTimeoutMs?: number;
  /** For all dials of one client together, in milliseconds. @default 5000 */
  readonly dialBudgetMs?: number;
  /**
   * How long a TCP connection of which one side has ended may stay silent before it is reset, in milliseconds.
   * @default 60000
   */
  readonly halfClosedTimeoutMs?: number;
  /** In milliseconds; it may take a quarter longer. Greater than 0. @default 30000 */
  readonly udpIdleTimeoutMs?: number;
  /** TCP keep-alive: silence before the first probe, in milliseconds; rounded to seconds. @default 15000 */
  readonly keepAliveDelayMs?: number;
  /**
   * The local ports that a dial may get: only on one of these can an endpoint's dead port be dialled from itself.
   * @default /proc/sys/net/ipv4/ip_local_port_range, read once
   */
  readonly ephemeralPorts?: PortRange;
  /** SO_RCVBUF and SO_SNDBUF of every UDP socket, in bytes. @default 1048576 */
  readonly udpSocketBufferBytes?: number;
  /**
   * From which part of its time, per mille, that a thread works on, its connections may move to others; 0: they are
   * spread evenly, however little there is to do.
   * @default 600
   */
  readonly busyPerMille?: number;
  /** Checks that no descriptor is closed twice or by somebody else than its owner. For tests. @default false */
  readonly checkDescriptors?: boolean;
}

/** Local ports are looked up when the threads are told of them: a plane that opens nothing reads nothing. */
export type ResolvedOptions = Required<Omit<LinuxDataPlaneOptions, 'ephemeralPorts'>> &
  Pick<LinuxDataPlaneOptions, 'ephemeralPorts'>;

/** One thread relays some 15 Gbit/s; more than a few would take the node's processors from its pods. */
const mostThreads = 4;

export function resolveOptions(options: LinuxDataPlaneOptions): ResolvedOptions {
  return {
    endpointSetAsideMs: options.endpointSetAsideMs,
    firstTurn: options.firstTurn ?? 0,
    threads: options.threads ?? Math.min(availableParallelism(), mostThreads),
    maxConnections: options.maxConnections ?? Number.POSITIVE_INFINITY,
    descriptorLimit: options.descriptorLimit ?? Number.POSITIVE_INFINITY,
    clock: options.clock ?? systemClock,
    log: options.log ?? silentLog,
    died: options.died ?? rethrow,
    dialTimeoutMs: options.dialTimeoutMs ?? 1000,
    dialBudgetMs: options.dialBudgetMs ?? 5000,
    halfClosedTimeoutMs: options.halfClosedTimeoutMs ?? 60_000,
    udpIdleTimeoutMs: options.udpIdleTimeoutMs ?? 30_000,
    keepAliveDelayMs: options.keepAliveDelayMs ?? 15_000,
    ...(options.ephemeralPorts !== undefined && { ephemeralPorts: options.ephemeralPorts }),
    udpSocketBufferBytes: options.udpSocketBufferBytes ?? 1024 * 1024,
    busyPerMille: options.busyPerMille ?? 600,
    checkDescriptors: options.checkDescriptors ?? false,
  };
}

function rethrow(error: unknown): never {
  throw new Error('a thread of the linux data plane has ended', { cause: error });
}

/** Descriptors of a thread itself: its epolls, eventfds and pipes, Node's included. */
const descriptorsPerThread = 16;

/** Pipes for splice that each thread may hold: bulk streams beyond that are copied. Two descriptors each. */
export function pipesPerThread({ descriptorLimit, threads }: ResolvedOptions): number {
  return Math.max(2, Math.min(64, Math.floor(descriptorLimit / 64 / threads)));
}

/** What every thread is told; plain data. */
export function tuningOf(options: ResolvedOptions): ThreadTuning {
  return {
    maxPipes: pipesPerThread(options),
    busyPerMille: options.busyPerMille,
    endpointSetAsideMs: options.endpointSetAsideMs,
    firstTurn: options.firstTurn,
    dialTimeoutMs: options.dialTimeoutMs,
    dialBudgetMs: options.dialBudgetMs,
    halfClosedTimeoutMs: options.halfClosedTimeoutMs,
    udpIdleTimeoutMs: options.udpIdleTimeoutMs,
    keepAliveDelayMs: options.keepAliveDelayMs,
    ephemeralPorts: options.ephemeralPorts ?? readEphemeralPorts('/proc'),
    udpSocketBufferBytes: options.udpSocketBufferBytes,
  };
}

/** What the threads need of the descriptors beside listeners and connections. */
export function threadDescriptors(options: ResolvedOptions): number {
  return options.threads * (descriptorsPerThread + 2 * pipesPerThread(options));
}

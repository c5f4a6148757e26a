// proxier/data-plane.ts: what the proxier asks of a data plane. Declared here, implemented in dataplane/.
// A data plane owns every socket it opens or accepts: nobody else closes one. It never reads Kubernetes objects.
import type { DrainPolicy } from '../model/drain-policy.js';
import type { EndpointAddress } from '../model/endpoint.js';
import type { IpFamily } from '../model/ip.js';
import type { ServicePortName } from '../model/service-port-name.js';
import type { TrafficScope } from '../model/traffic-scope.js';
import type { SctpTotals } from './sctp-relay.js';

export interface ListenerSpec {
  /** Unique among open listeners. */
  readonly key: string;
  readonly servicePortName: ServicePortName;
  readonly ipFamily: IpFamily;
  /**
   * Which of the ServicePort's endpoints it is given: a ServicePort has a listener for each scope that some portal of it
   * needs. Of a claim: as it was when it was opened.
   */
  readonly scope: TrafficScope;
  /** It holds a nodePort, by listening on that very port; rules lead elsewhere, and few clients ever come here. */
  readonly claim?: boolean;
}

/** All of what may change while a listener stays open. */
export interface ListenerConfig {
  /** Usable endpoints in a stable order; empty means that the Service is refused (by rule; see update). */
  readonly endpoints: readonly EndpointAddress[];
  /** Not for new connections; but an endpoint that is here has not left, and what is established to it goes on. */
  readonly resting: readonly EndpointAddress[];
  /** What becomes of TCP connections and SCTP associations whose endpoint is neither in `endpoints` nor in `resting`. */
  readonly drain: DrainPolicy;
  /**
   * Session affinity by the client's address: milliseconds after its last connection for which a client keeps its
   * endpoint. Absent: none.
   */
  readonly affinityTimeoutMs?: number;
  /**
   * Local addresses that portals may lead to by DNAT, on which a UDP listener needs a socket of its own
   * (a wildcard socket would answer from another address). Loopback need not be listed.
   */
  readonly replyAddresses: readonly string[];
}

/** Plain numbers, only ever growing unless marked as gauge. Read at scrape time. */
export interface ListenerCounters {
  /** TCP connections or SCTP associations accepted; UDP clients seen. */
  readonly opened: number;
  /** Gauge. */
  readonly open: number;
  /** By reason: see ConnectionFailure. */
  readonly failed: Readonly<Partial<Record<ConnectionFailure, number>>>;
  /** Bytes of payload. */
  readonly rxBytes: number;
  readonly txBytes: number;
  /** Packets of associations, from clients to endpoints and back. SCTP only. */
  readonly rxPackets?: number;
  readonly txPackets?: number;
  /** By `ip:port` ([ip]:port): how often an endpoint was chosen (and answered the dial, for TCP). */
  readonly picks: ReadonlyMap<string, number>;
  /** Successful dials: count, sum of seconds and cumulative counts per DIAL_BUCKETS_SECONDS. */
  readonly dialSeconds: { readonly count: number; readonly sum: number; readonly buckets: readonly number[] };
}

/** Upper bounds, in seconds; the last bucket of prometheus (+Inf) is `count`. */
export const dialBucketsSeconds: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5,
];

/**
 * Why a client was not served, or was cut. For UDP, no-endpoints and connection-limit count datagrams.
 * - no-endpoints: nothing to try, or nothing is left of it: endpoints that leave have not failed
 * - dial: every candidate failed
 * - dial-timeout: the total budget ran out before a candidate answered
 * - connection-limit: the cap on open connections (descriptors) was reached
 * - half-closed-timeout: one side had ended and the other stayed silent for too long
 * - client-reset: cut by the client, also while its endpoint was being dialled
 * - endpoint-reset: cut by the endpoint, for UDP by an ICMP refusal
 * - endpoint-gone: cut because its endpoint left (UDP flows)
 * - drained: cut because its endpoint left, as ListenerConfig.drain asks (TCP, SCTP)
 * - shutdown: cut because the grace period was over, or with its closed listener (UDP flows)
 * - fault: cut because of an error in this program, which the log tells
 */
export type ConnectionFailure =
  | 'no-endpoints'
  | 'dial'
  | 'dial-timeout'
  | 'connection-limit'
  | 'half-closed-timeout'
  | 'client-reset'
  | 'endpoint-reset'
  | 'endpoint-gone'
  | 'drained'
  | 'shutdown'
  | 'fault';

export interface Listener {
  readonly spec: ListenerSpec;
  /** The proxy port. Never changes. */
  readonly port: number;
  /**
   * Brings the listener to `config`. New connections see it at once; the rotation goes on where it was.
   * Established TCP streams of endpoints that left go on, or are reset, as `drain` says; UDP flows of theirs move with
   * the next datagram.
   * The port stays open at zero endpoints: what gets past the refusing rule is reset (TCP) or dropped (UDP).
   */
  update(config: ListenerConfig): void;
  /** Stops accepting and frees the port. Established TCP streams are left to end; UDP flows stop. Idempotent. */
  close(): Promise<void>;
  counters(): ListenerCounters;
}

export interface DataPlaneTotals {
  /** Gauges: open TCP connections (each holds two descriptors), open UDP client flows, and their shared cap. */
  readonly tcpConnections: number;
  readonly udpClients: number;
  readonly maxConnections: number;
}

export interface DataPlane {
  readonly kind: 'node' | 'linux';
  /**
   * Opens a listener on `port` (0: any free port) of every local address of the family.
   * Rejects with ListenError; nothing stays open then.
   */
  open(spec: ListenerSpec, config: ListenerConfig, port: number): Promise<Listener>;
  totals(): DataPlaneTotals;
  /** Undefined, or absent: no listener for SCTP was ever opened. */
  sctpTotals?(): SctpTotals | undefined;
  /**
   * Shutdown in order: stop accepting everywhere, let established connections end for up to `graceMs`
   * (0: at once), reset what is left. Resolves when no socket is open. Idempotent.
   */
  close(graceMs: number): Promise<void>;
}

/** The port can't be had; `reason` tells what to do next. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
  readonly reason: 'port-in-use' | 'no-descriptors' | 'not-supported' | 'other';

  constructor(reason: ListenError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

// dataplane/linux/messages.ts: what the main thread and the workers tell each other. Never about a connection: those are
// counted in shared memory (counter-block.ts, control.ts) and handed over by rings (hand-over.ts).
import type { IpFamily } from '../../model/ip.js';
import type { EndpointsMessage } from '../native/endpoints-message.js';
import type { PortRange } from '../native/ephemeral-ports.js';

export type ToThread =
  /** Memory for counters; told to every thread before a listener with a place in it is opened. */
  | { readonly kind: 'counters'; readonly segment: number; readonly memory: SharedArrayBuffer }
  /** Memory for picks; likewise. */
  | { readonly kind: 'picks'; readonly segment: number; readonly memory: SharedArrayBuffer }
  /** The thread owns `fd`, a listening socket, from now on. */
  | ({
      readonly kind: 'listen';
      readonly id: number;
      readonly protocol: 'TCP' | 'UDP';
      readonly fd: number;
      readonly servicePortName: string;
      readonly ipFamily: IpFamily;
      /** Of its counters. */
      readonly place: number;
    } & EndpointsMessage)
  | ({ readonly kind: 'endpoints'; readonly id: number } & EndpointsMessage)
  /** UDP: portals lead to these local addresses no more. */
  | { readonly kind: 'forget-locals'; readonly id: number; readonly addresses: readonly string[] }
  /** Answered by 'closed'. */
  | { readonly kind: 'close'; readonly id: number }
  /**
   * Reset what is established to these endpoints, which have left. Thread 0 is told first, and says when it has done so;
   * then the others, to which it may have handed some before.
   */
  | CutEndpoints
  /** Reset every connection, and those that are handed over later. */
  | { readonly kind: 'cut' };

export interface CutEndpoints {
  readonly kind: 'cut-endpoints';
  /** SharedEndpoint.id. */
  readonly ids: readonly number[];
}

export type FromThread =
  | { readonly kind: 'ready' }
  | { readonly kind: 'closed'; readonly id: number }
  /** Thread 0 has done so: it hands no connection to these endpoints over any more. */
  | CutEndpoints
  /** The last TCP connection of all threads has ended after Control.drain(). */
  | { readonly kind: 'drained' }
  | {
      readonly kind: 'warn' | 'fault';
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };

/** All that a thread needs to start; its workerData. */
export interface ThreadSettings extends ThreadTuning {
  /** 0: the thread that accepts TCP. */
  readonly thread: number;
  /** An eventfd of each thread, written to wake it. */
  readonly wakeFds: readonly number[];
  readonly control: SharedArrayBuffer;
  /** A ring for each thread, written by thread 0. */
  readonly rings: readonly SharedArrayBuffer[];
  /** From createOwnerTable(); undefined: descriptors are not checked. */
  readonly ownerTable: SharedArrayBuffer | undefined;
}

/** What the data plane's options come to; times in milliseconds, see options.ts. */
export interface ThreadTuning {
  readonly maxPipes: number;
  /** Per mille of a thread's time from which on its connections may move; see spread.ts. */
  readonly busyPerMille: number;
  readonly endpointSetAsideMs: number;
  readonly firstTurn: number;
  readonly dialTimeoutMs: number;
  readonly dialBudgetMs: number;
  readonly halfClosedTimeoutMs: number;
  readonly udpIdleTimeoutMs: number;
  readonly keepAliveDelayMs: number;
  readonly ephemeralPorts: PortRange;
  readonly udpSocketBufferBytes: number;
}

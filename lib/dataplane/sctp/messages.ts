// dataplane/sctp/messages.ts: what the main thread and the relay's thread tell each other. Never about an association.
import type { EndpointAddress } from '../../model/endpoint.js';
import type { IpFamily } from '../../model/ip.js';
import type { EndpointsMessage } from '../native/endpoints-message.js';
import type { RawSockets } from './raw/raw-sockets.js';
import type { RelayOptions } from './relay/options.js';

export type ToRelay =
  /** The thread owns both descriptors from now on. */
  | { readonly kind: 'sockets'; readonly sockets: RawSockets }
  /** Memory for picks; told before anybody counts there. */
  | { readonly kind: 'picks'; readonly segment: number; readonly memory: SharedArrayBuffer }
  | ({
      readonly kind: 'listen';
      readonly id: number;
      readonly port: number;
      readonly ipFamily: IpFamily;
      /** Of its counters, from createListenerBlock(). */
      readonly counters: SharedArrayBuffer;
    } & EndpointsMessage)
  | ({ readonly kind: 'endpoints'; readonly id: number } & EndpointsMessage)
  /** Ends the associations with these endpoints, which have left. `id`: of a listener that may be closed by now. */
  | {
      readonly kind: 'cut-endpoints';
      readonly id: number;
      readonly endpoints: readonly EndpointAddress[];
    }
  /** Answered by 'closed'. */
  | { readonly kind: 'close'; readonly id: number }
  /** Answered by 'drained' as soon as no association is up. */
  | { readonly kind: 'drain' }
  /** Ends every association. */
  | { readonly kind: 'cut' };

export type FromRelay =
  | { readonly kind: 'ready' }
  | { readonly kind: 'closed'; readonly id: number }
  | { readonly kind: 'drained' }
  | {
      readonly kind: 'warn' | 'fault';
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    };

/** All that the thread needs to start; its workerData. */
export interface RelayThreadSettings {
  /** An eventfd, written to wake the thread. */
  readonly wakeFd: number;
  /** From createControlMemory(1). */
  readonly control: SharedArrayBuffer;
  /** From createTotals(). */
  readonly totals: SharedArrayBuffer;
  /** From createOwnerTable(); undefined: descriptors are not checked. */
  readonly ownerTable: SharedArrayBuffer | undefined;
  readonly options: RelayOptions;
}

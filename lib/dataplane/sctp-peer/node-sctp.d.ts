// dataplane/sctp-peer/node-sctp.d.ts: types of what we use of the package sctp (node-sctp 1.0.0), which has none. Below its
// sockets: the interface between SCTP and its user as RFC 4960, section 10, names it, since the sockets lose messages.
declare module 'sctp' {
  const sctp: {
    /** Sets parameters for all of the process, and returns them. */
    defaults(parameters: { readonly rto_initial?: number }): unknown;
  };
  // biome-ignore lint/style/noDefaultExport: that is how Node imports a CommonJS module
  export default sctp;
}

declare module 'sctp/lib/endpoint.js' {
  import type { EventEmitter } from 'node:events';

  /** What the package asks of a dgram socket that it is to talk through. */
  export interface DatagramSocket extends EventEmitter {
    send(packet: Buffer, port: number, address: string, callback?: (error?: Error) => void): void;
  }

  export type AssociationState =
    | 'CLOSED'
    | 'COOKIE-WAIT'
    | 'COOKIE-ECHOED'
    | 'ESTABLISHED'
    | 'SHUTDOWN-PENDING'
    | 'SHUTDOWN-SENT'
    | 'SHUTDOWN-RECEIVED'
    | 'SHUTDOWN-ACK-SENT';

  /** A serial number (RFC 1982). */
  export interface SerialNumber {
    readonly number: number;
  }

  export interface Association extends EventEmitter {
    readonly state: AssociationState;
    /** Undefined until the peer has told it. */
    readonly peer_tag: number | undefined;
    /** Bytes of messages that the peer has room for. */
    readonly peer_rwnd: number;
    /** Bytes sent and not acknowledged; how many there may be. */
    readonly flightsize: number;
    readonly cwnd: number;
    /** Chunks to be sent with the next turn of the event loop. */
    readonly queue: readonly { readonly chunkType: string; readonly size: number }[];
    /** Streams that we may send on. */
    readonly OS: number;
    readonly my_next_tsn: SerialNumber;
    readonly reassembly: { readonly peer_c_tsn: SerialNumber | undefined };
    /** `callback` may never be called. A message of several packets is sent at once, whatever the window is. */
    SEND(
      message: Buffer,
      options: { readonly stream_id: number; readonly ppid: number; readonly unordered: boolean },
      callback: (error?: Error) => void,
    ): void;
    /** The next message that has arrived whole. */
    RECEIVE(): (Buffer & { readonly ppid: number }) | undefined;
    SHUTDOWN(callback?: () => void): void;
    ABORT(reason?: string): void;
  }

  export interface EndpointOptions {
    readonly localPort: number;
    /** Streams: most that come in, wanted to go out. */
    readonly MIS: number;
    readonly OS: number;
    /** The window that is offered to the peer, in bytes. */
    readonly a_rwnd: number;
  }

  export interface TransportOptions {
    readonly udpTransport: DatagramSocket;
    readonly udpPeer: { readonly address: string; readonly port: number };
  }

  /** Emits 'association' when a peer has completed its handshake. */
  // biome-ignore lint/style/noDefaultExport: that is how Node imports a CommonJS module
  export default class Endpoint extends EventEmitter {
    static INITIALIZE(
      options: EndpointOptions,
      transport: TransportOptions,
      callback: (error: Error | null, endpoint?: Endpoint) => void,
    ): void;
    ASSOCIATE(options: { readonly remotePort: number }): Association;
    /** Without a word to the peer. */
    close(): void;
  }
}

// test/support/peer-protocol.ts: what a test (peer-client.ts) and its program inside a namespace (peer.ts) say to each
// other, over Node's IPC channel: one reply for each request, in any order.

export interface Target {
  readonly address: string;
  readonly port: number;
  /** Absent: the kernel's choice. */
  readonly localAddress?: string;
  /** 0 or absent: a new one. */
  readonly localPort?: number;
}

export type PeerCommand =
  | {
      readonly command: 'tcp-echo' | 'udp-echo';
      readonly address: string;
      readonly port: number;
      readonly name: string;
      /** UDP: other sockets may hold the same port. */
      readonly reuseAddr?: boolean;
    }
  | { readonly command: 'tcp-open' | 'udp-open'; readonly target: Target; readonly timeoutMs: number }
  /** Sends and waits for the next reply (UDP: a datagram; TCP: as many bytes as were sent). */
  | {
      readonly command: 'exchange';
      readonly handle: number;
      readonly payload: string;
      readonly timeoutMs: number;
    }
  /** Sends a last payload, ends our half of a TCP stream and waits for the rest of the other's. */
  | {
      readonly command: 'finish';
      readonly handle: number;
      readonly payload: string;
      readonly timeoutMs: number;
    }
  | { readonly command: 'stats' | 'close'; readonly handle: number };

export type PeerRequest = PeerCommand & { readonly id: number };

export interface PeerReply {
  readonly id: number;
  /** What failed, with the code of the errno (`ECONNREFUSED`) or `ETIMEDOUT`. */
  readonly error?: { readonly message: string; readonly code: string };
  /** Of what was opened: a server, a stream, a flow. */
  readonly handle?: number;
  readonly port?: number;
  readonly localAddress?: string;
  readonly text?: string;
  /** Of a server: clients as `ip:port`, in order; for UDP each once. */
  readonly clients?: readonly string[];
}

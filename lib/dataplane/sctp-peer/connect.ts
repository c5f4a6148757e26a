// dataplane/sctp-peer/connect.ts: an SCTP client with one association and a raw socket of its own: for the demo and tests,
// which start a process for each client. Whoever needs many takes a SctpStack.
import type { EndpointAddress } from '../../model/endpoint.js';
import type { SctpAssociation } from './association.js';
import { SctpStack, type StackOptions } from './stack.js';

export interface ConnectOptions extends StackOptions {
  readonly to: EndpointAddress;
  /** For the handshake. @default 5000 */
  readonly timeoutMs?: number;
}

export interface SctpClient {
  readonly association: SctpAssociation;
  /** Ends the association gracefully, and the socket. Idempotent. */
  close(): Promise<void>;
}

/** Rejects with SctpError, as SctpStack.connect(), or with SystemError: EPERM without CAP_NET_RAW. */
export async function connectSctp({ to, timeoutMs, ...options }: ConnectOptions): Promise<SctpClient> {
  const stack = new SctpStack(options);
  try {
    const association = await stack.connect(to, timeoutMs);
    return {
      association,
      async close() {
        await association.close();
        await stack.close();
      },
    };
  } catch (error) {
    await stack.close();
    throw error;
  }
}

// dataplane/sctp-peer/echo-server.ts: an SCTP endpoint that answers each message on its own stream: with the message, unless
// told otherwise. For the demo and for tests.
import type { EndpointAddress } from '../../model/endpoint.js';
import type { Message, SctpAssociation } from './association.js';
import { SctpStack, type StackOptions } from './stack.js';

export interface EchoServerOptions extends Omit<StackOptions, 'address' | 'localPorts'>, EndpointOptions {
  /** What to answer. @default the message */
  readonly answer?: (message: Message, peer: EndpointAddress) => Buffer;
}

interface EndpointOptions {
  /** An IPv4 address of this host. */
  readonly address: string;
  readonly port: number;
}

export interface EchoServer {
  /** Aborts what is left of its associations. Idempotent. */
  close(): Promise<void>;
}

/** It is there when the call returns. Throws SystemError: EPERM without CAP_NET_RAW. */
export function echoServer({ address, port, answer, ...options }: EchoServerOptions): EchoServer {
  const stack = new SctpStack({ ...options, address });
  stack.listen(port, (association) => void serve(association, answer ?? (({ payload }) => payload)));
  return stack;
}

async function serve(
  association: SctpAssociation,
  answer: Required<EchoServerOptions>['answer'],
): Promise<void> {
  for (;;) {
    const message = await association.receive();
    if (message === undefined) return;
    const { stream, ppid } = message;
    try {
      // A peer may use more streams than it lets us use.
      const back = Math.min(stream, association.streams - 1);
      await association.send(answer(message, association.peer), { stream: back, ppid });
    } catch {
      association.abort('the answer could not be sent');
      return;
    }
  }
}

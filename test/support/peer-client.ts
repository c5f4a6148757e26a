// test/support/peer-client.ts: a test's hand inside a namespace: servers and clients there, as typed calls. The other
// end is peer.ts, a process of its own, because a process is in one network namespace only.
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Namespace } from '../../lib/demo/namespaces.js';
import { killed } from './killed.js';
import type { PeerCommand, PeerReply } from './peer-protocol.js';

export interface Reply {
  readonly ok: boolean;
  /** TCP: the server's name. UDP: `name:payload`. '' unless ok. */
  readonly reply: string;
  /** `ECONNREFUSED`, `ECONNRESET`, `ETIMEDOUT`, `EOF` (ended before it answered); undefined when ok. */
  readonly errorCode: string | undefined;
}

export interface EchoServer {
  readonly port: number;
  /** Who came, as `ip:port`, in order; UDP clients once each. */
  clients(): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** A TCP stream or a UDP flow that stays open. Calls reject with PeerError. */
export interface Conversation {
  /** TCP: the name of the server that answered. UDP: ''. */
  readonly name: string;
  readonly localAddress: string;
  readonly localPort: number;
  /** Sends, and resolves with the echo (TCP: the same bytes; UDP: `name:payload`). One at a time. */
  exchange(payload: string): Promise<string>;
  /** TCP: sends, half-closes, and resolves with what still came until the other end closed too. @default '' */
  finish(payload?: string): Promise<string>;
  close(): Promise<void>;
}

export interface ClientOptions {
  readonly localAddress?: string;
  /** 0: one of the kernel's choice. @default 0; for UDP one that no earlier flow had, see nextUdpPort */
  readonly localPort?: number;
  /** @default 3000 */
  readonly timeoutMs?: number;
}

export interface RequestOptions extends ClientOptions {
  readonly payload?: string;
}

export class PeerError extends Error {
  override readonly name = 'PeerError';
  readonly code: string;

  constructor(message: string, code: string) {
    super(message);
    this.code = code;
  }
}

export async function startPeer(namespace: Namespace): Promise<Peer> {
  const program = fileURLToPath(new URL('./peer.js', import.meta.url));
  const child = namespace.spawn([process.execPath, program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  return new Peer(child);
}

/** Below the ports that the kernel gives away, and above those that tests name. */
const udpPorts = { first: 22_000, end: 30_000 };
let lastUdpPort = udpPorts.first - 1;

/**
 * Conntrack remembers a UDP flow for half a minute and sends whoever comes from its port the way that it went. The
 * kernel gives ports away at random, so that now and then a flow had an earlier one's port, and its rules.
 */
function nextUdpPort(): number {
  lastUdpPort = lastUdpPort + 1 === udpPorts.end ? udpPorts.first : lastUdpPort + 1;
  return lastUdpPort;
}

export class Peer {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, { resolve(reply: PeerReply): void; reject(err: Error): void }>();
  #lastId = 0;

  constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', (reply: PeerReply) => {
      this.#waiting.get(reply.id)?.resolve(reply);
      this.#waiting.delete(reply.id);
    });
    const gone = () => {
      for (const { reject } of this.#waiting.values()) reject(new PeerError('the peer ended', 'GONE'));
      this.#waiting.clear();
    };
    child.on('error', gone);
    child.on('exit', gone);
  }

  /** Port 0: any free one. */
  tcpEcho(address: string, port: number, name: string): Promise<EchoServer> {
    return this.#serve({ command: 'tcp-echo', address, port, name });
  }

  /** `reuseAddr`: other sockets of this namespace may hold the same port on other addresses. */
  udpEcho(
    address: string,
    port: number,
    name: string,
    options: { readonly reuseAddr?: boolean } = {},
  ): Promise<EchoServer> {
    return this.#serve({ command: 'udp-echo', address, port, name, ...options });
  }

  /** Connects, reads the server's name, sends `payload` (if any) and checks its echo, half-closes, reads to the end. */
  async tcpRequest(address: string, port: number, options: RequestOptions = {}): Promise<Reply> {
    return settle(async () => {
      const stream = await this.tcpOpen(address, port, options);
      const payload = options.payload ?? '';
      try {
        const echo = payload === '' ? '' : await stream.exchange(payload);
        if (echo !== payload) throw new PeerError(`echo of ${payload} was ${echo}`, 'EBADMSG');
        await stream.finish();
        return stream.name;
      } finally {
        await stream.close();
      }
    });
  }

  /** One datagram from a new socket, and its reply. */
  async udpRequest(address: string, port: number, options: RequestOptions = {}): Promise<Reply> {
    return settle(async () => {
      const flow = await this.udpOpen(address, port, options);
      try {
        return await flow.exchange(options.payload ?? 'hello');
      } finally {
        await flow.close();
      }
    });
  }

  tcpOpen(address: string, port: number, options: ClientOptions = {}): Promise<Conversation> {
    return this.#converse('tcp-open', address, port, options);
  }

  /** A connected socket: replies from any other address than the one sent to are not taken. */
  udpOpen(address: string, port: number, options: ClientOptions = {}): Promise<Conversation> {
    return this.#converse('udp-open', address, port, { localPort: nextUdpPort(), ...options });
  }

  /** Ends the process, and with it all it has open. */
  close(): Promise<void> {
    return killed(this.#child);
  }

  async #serve(command: PeerCommand): Promise<EchoServer> {
    const { handle = 0, port = 0 } = await this.#ask(command);
    return {
      port,
      clients: async () => (await this.#ask({ command: 'stats', handle })).clients ?? [],
      close: async () => void (await this.#ask({ command: 'close', handle })),
    };
  }

  async #converse(
    command: 'tcp-open' | 'udp-open',
    address: string,
    port: number,
    options: ClientOptions,
  ): Promise<Conversation> {
    const { timeoutMs = 3000, localAddress, localPort } = options;
    const target = {
      address,
      port,
      ...(localAddress === undefined ? {} : { localAddress }),
      ...(localPort === undefined ? {} : { localPort }),
    };
    const opened = await this.#ask({ command, target, timeoutMs });
    const { handle = 0 } = opened;
    return {
      name: opened.text ?? '',
      localAddress: opened.localAddress ?? '',
      localPort: opened.port ?? 0,
      exchange: async (payload) =>
        (await this.#ask({ command: 'exchange', handle, payload, timeoutMs })).text ?? '',
      finish: async (payload = '') =>
        (await this.#ask({ command: 'finish', handle, payload, timeoutMs })).text ?? '',
      close: async () => void (await this.#ask({ command: 'close', handle })),
    };
  }

  async #ask(command: PeerCommand): Promise<PeerReply> {
    this.#lastId += 1;
    const id = this.#lastId;
    const reply = await new Promise<PeerReply>((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.#child.send({ ...command, id }, (err) => {
        if (err) reject(new PeerError(`ask the peer: ${err.message}`, 'GONE'));
      });
    });
    if (reply.error !== undefined) throw new PeerError(reply.error.message, reply.error.code);
    return reply;
  }
}

async function settle(work: () => Promise<string>): Promise<Reply> {
  try {
    return { ok: true, reply: await work(), errorCode: undefined };
  } catch (err) {
    if (!(err instanceof PeerError)) throw err;
    return { ok: false, reply: '', errorCode: err.code };
  }
}

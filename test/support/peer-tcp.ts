// test/support/peer-tcp.ts: a peer's TCP side: a server that says its name and echoes, and a client's stream.
import { connect, createServer, type Socket } from 'node:net';
import { hostPort, type Opened, within } from './peer-opened.js';
import type { Target } from './peer-protocol.js';

/** Answers each connection with `name` and a line feed, then echoes; half-close is answered with half-close. */
export function tcpEcho(address: string, port: number, name: string): Promise<Opened> {
  const clients: string[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    clients.push(hostPort(socket.remoteAddress, socket.remotePort));
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => socket.destroy());
    socket.write(`${name}\n`);
    socket.pipe(socket);
  });
  const close = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      for (const socket of sockets) socket.resetAndDestroy();
    });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, address, () => {
      const bound = server.address();
      const boundPort = typeof bound === 'object' && bound !== null ? bound.port : port;
      resolve({ port: boundPort, localAddress: address, clients: () => clients, close });
    });
  });
}

/** Resolves when the server's greeting has come (through a proxy, a connection alone proves nothing). */
export async function openTcp(target: Target, timeoutMs: number): Promise<Opened> {
  const socket = connect({
    host: target.address,
    port: target.port,
    allowHalfOpen: true,
    ...(target.localAddress === undefined ? {} : { localAddress: target.localAddress }),
    ...(target.localPort === undefined ? {} : { localPort: target.localPort }),
  });
  const reader = new Reader(socket);
  const what = `TCP ${hostPort(target.address, target.port)}`;
  const close = async () => {
    socket.destroy();
  };
  try {
    const greeting = await within(timeoutMs, what, reader.line());
    return {
      port: socket.localPort ?? 0,
      localAddress: socket.localAddress ?? '',
      text: greeting,
      exchange: (payload, limitMs) => {
        socket.write(payload);
        return within(limitMs, what, reader.bytes(Buffer.byteLength(payload)));
      },
      finish: (limitMs, payload = '') => {
        socket.end(payload);
        return within(limitMs, what, reader.rest());
      },
      close,
    };
  } catch (err) {
    await close();
    throw err;
  }
}

/** Collects what came, and settles one waiting read at a time. */
class Reader {
  #data = Buffer.alloc(0);
  #ended: Error | 'end' | undefined;
  #wake: () => void = () => {};

  constructor(socket: Socket) {
    const finish = (how: Error | 'end') => {
      this.#ended ??= how;
      this.#wake();
    };
    socket.on('data', (chunk: Buffer) => {
      this.#data = Buffer.concat([this.#data, chunk]);
      this.#wake();
    });
    socket.on('end', () => finish('end'));
    socket.on('error', (err) => finish(err));
    socket.on('close', () => finish('end'));
  }

  line(): Promise<string> {
    return this.#take(() => {
      const end = this.#data.indexOf('\n');
      return end < 0 ? undefined : end + 1;
    }).then((text) => text.slice(0, -1));
  }

  bytes(count: number): Promise<string> {
    return this.#take(() => (this.#data.length >= count ? count : undefined));
  }

  rest(): Promise<string> {
    return this.#take(() => (this.#ended === 'end' ? this.#data.length : undefined));
  }

  #take(enough: () => number | undefined): Promise<string> {
    return new Promise((resolve, reject) => {
      this.#wake = () => {
        const count = enough();
        if (count !== undefined) {
          const text = this.#data.subarray(0, count).toString();
          this.#data = this.#data.subarray(count);
          this.#wake = () => {};
          resolve(text);
        } else if (this.#ended !== undefined) {
          const early = Object.assign(new Error('the stream ended'), { code: 'EOF' });
          reject(this.#ended === 'end' ? early : this.#ended);
        }
      };
      this.#wake();
    });
  }
}

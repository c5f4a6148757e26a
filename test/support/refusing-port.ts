// test/support/refusing-port.ts: ports of 127.0.0.1 that refuse and are nobody else's meanwhile. A port that was merely
// closed may be a server's of another test a moment later.
import { createSocket } from 'node:dgram';
import { connect, createServer, type Socket } from 'node:net';
import type { Test } from 'tap';

export interface RefusingPort {
  readonly ip: string;
  readonly port: number;
  /** Anybody may listen there now. Also when the test ends. */
  free(): Promise<void>;
}

const ip = '127.0.0.1';

/** The port of a client: taken, and nobody listens there. */
export async function refusingTcpPort(t: Test): Promise<RefusingPort> {
  const accepted = new Set<Socket>();
  const server = createServer((socket) => accepted.add(socket.on('error', () => {})));
  const client = await new Promise<Socket>((resolve, reject) => {
    server.listen(0, ip, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('no port'));
      const socket = connect(address.port, ip, () => resolve(socket));
      socket.on('error', reject);
    });
  });
  const free = async (): Promise<void> => {
    for (const socket of [client, ...accepted]) socket.resetAndDestroy();
    await new Promise((resolve) => server.close(resolve));
  };
  t.teardown(free);
  return { ip, port: client.localPort ?? 0, free };
}

/** The port of a socket that is connected to itself, and takes nothing from others. */
export async function refusingUdpPort(t: Test): Promise<RefusingPort> {
  const socket = createSocket('udp4');
  await new Promise<void>((resolve) => socket.bind(0, ip, resolve));
  const { port } = socket.address();
  await new Promise<void>((resolve) => socket.connect(port, ip, resolve));
  let closed: Promise<void> | undefined;
  const free = (): Promise<void> => {
    closed ??= new Promise<void>((resolve) => socket.close(resolve));
    return closed;
  };
  t.teardown(free);
  return { ip, port, free };
}

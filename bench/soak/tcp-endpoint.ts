// bench/soak/tcp-endpoint.ts: the endpoint's part of every scene.
import { createServer, type Server, type Socket } from 'node:net';
import type { EndpointAddress } from '../../lib/model/endpoint.js';
import { receive, send, somethingNew } from './exchange.js';
import { StreamCheck } from './payload.js';
import { headerBytes, messageBytes, type Scene } from './scenes.js';
import type { Tally } from './tally.js';

/** A connection under way, known to its client and, by its number, to whatever endpoint it comes to. */
export interface Meeting {
  readonly id: number;
  readonly scene: Scene;
  readonly tally: Tally;
  /** Resolves when the endpoint has played its part. */
  endpointDone(): void;
}

export type Meetings = Map<number, Meeting>;

export interface TcpEndpoint extends EndpointAddress {
  close(): Promise<void>;
}

/** The client's bytes are stream 2 x id, the endpoint's 2 x id + 1. */
export const clientSeed = (id: number): number => 2 * id;
export const endpointSeed = (id: number): number => 2 * id + 1;

export async function openTcpEndpoint(meetings: Meetings): Promise<TcpEndpoint> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, highWaterMark: 1 }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {}); // seen by receive() and send()
    socket.on('close', () => sockets.delete(socket));
    meet(socket, meetings).catch(() => socket.resetAndDestroy());
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1024 }, resolve);
  });
  return {
    ip: '127.0.0.1',
    port: portOf(server),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address.port;
}

/** A client that resets at once may never have said who it is. */
async function meet(socket: Socket, meetings: Meetings): Promise<void> {
  const header = await readHeader(socket);
  if (header === undefined) return void socket.destroy();
  const meeting = meetings.get(header.readUInt32LE());
  if (meeting === undefined) throw new Error(`no meeting ${header.readUInt32LE()}`);
  try {
    await play(socket, meeting);
  } catch (err) {
    // Cut while we were sending.
    if (meeting.scene.reset === undefined) meeting.tally.fault(`${meeting.scene.name}, endpoint: ${err}`);
    socket.destroy();
  } finally {
    meeting.endpointDone();
  }
}

async function readHeader(socket: Socket): Promise<Buffer | undefined> {
  for (;;) {
    const header: Buffer | null = socket.read(headerBytes);
    if (header?.length === headerBytes) return header;
    if (header !== null || socket.readableEnded || socket.destroyed) return undefined;
    await somethingNew(socket);
  }
}

async function play(socket: Socket, { id, scene, tally }: Meeting): Promise<void> {
  const check = new StreamCheck(clientSeed(id));
  const seed = endpointSeed(id);
  const slow = scene.slow === 'endpoint';
  if (scene.order === 'requests') {
    for (let at = 0; at < scene.endpointBytes; at += messageBytes) {
      await receive(socket, check, { enough: at + messageBytes });
      await send(socket, seed, at, messageBytes);
    }
  }
  if (scene.reset === 'endpoint') {
    await send(socket, seed, 0, scene.endpointBytes / 2);
    socket.resetAndDestroy();
    return;
  }
  const reading = receive(socket, check, { slow });
  if (scene.order === 'client') await reading;
  if (scene.order !== 'requests') await send(socket, seed, 0, scene.endpointBytes);
  if (scene.reset === undefined) socket.end();
  const ending = await reading;
  const what = `${scene.name}, endpoint`;
  if (scene.reset !== undefined) {
    tally.expectRight(what, check);
    if (ending !== 'reset') tally.fault(`${what}: a reset came as ${ending}`);
    socket.destroy();
    return;
  }
  tally.expectWhole(what, check, scene.clientBytes);
  if (ending !== 'fin') tally.fault(`${what}: ${ending}`);
}

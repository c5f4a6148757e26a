// bench/soak/tcp-client.ts: the client's part of every scene, on a connection of its own.
import { connect, type NetConnectOpts, type Socket } from 'node:net';
import { receive, send } from './exchange.js';
import { StreamCheck } from './payload.js';
import { headerBytes, messageBytes, type Scene } from './scenes.js';
import type { Tally } from './tally.js';
import { clientSeed, endpointSeed, type Meeting, type Meetings } from './tcp-endpoint.js';

export interface Visit {
  readonly id: number;
  readonly port: number;
  readonly scene: Scene;
  readonly tally: Tally;
  /** There may be no endpoint: a reset is an answer as well. */
  readonly mayBeRefused: boolean;
}

const patienceMs = 30_000;

/** Resolves when the connection is over on both sides; whatever went wrong is in the tally. */
export async function visit(meetings: Meetings, visit: Visit): Promise<void> {
  const { id, scene, tally } = visit;
  const { promise: endpointDone, resolve } = withResolvers();
  const meeting: Meeting = { id, scene, tally, endpointDone: resolve };
  meetings.set(id, meeting);
  const socket = await connected(visit.port);
  tally.connected++;
  const timer = setTimeout(() => {
    tally.fault(`${scene.name}: not over after ${patienceMs} ms`);
    socket.destroy();
    resolve();
  }, patienceMs);
  try {
    const refused = await play(socket, visit);
    // Where the client resets early the endpoint may never have heard of it.
    if (!refused && scene.reset !== 'early') await endpointDone;
  } catch (err) {
    if (visit.mayBeRefused && isReset(err)) tally.refused++;
    else if (scene.reset === 'endpoint') tally.cutByEndpoint++;
    else tally.fault(`${scene.name}, client: ${err}`);
  } finally {
    clearTimeout(timer);
    meetings.delete(id);
    socket.destroy();
  }
}

/** Found by the kernel, or by Node when it had already told us. */
const resetCodes: readonly unknown[] = ['ECONNRESET', 'EPIPE', 'ERR_STREAM_DESTROYED'];

function isReset(err: unknown): boolean {
  return err instanceof Error && 'code' in err && resetCodes.includes(err.code);
}

/** True: the data plane had no endpoint for us. */
async function play(socket: Socket, { id, scene, tally, mayBeRefused }: Visit): Promise<boolean> {
  if (scene.reset === 'early') {
    socket.resetAndDestroy();
    tally.cutByClient++;
    return false;
  }
  const check = new StreamCheck(endpointSeed(id));
  const seed = clientSeed(id);
  const what = `${scene.name}, client`;
  const header = Buffer.alloc(headerBytes);
  header.writeUInt32LE(id);
  socket.write(header);
  if (scene.reset === 'client') {
    // What comes first shows that the endpoint is there: before, the cut would be of another kind.
    await receive(socket, check, { enough: 1 });
    await send(socket, seed, 0, scene.clientBytes / 2);
    socket.resetAndDestroy();
    tally.expectRight(what, check);
    tally.cutByClient++;
    return false;
  }
  const ending = await exchange(socket, seed, scene, check);
  if (scene.reset === 'endpoint') {
    tally.expectRight(what, check);
    if (ending === 'fin') tally.fault(`${what}: a reset came as a clean end`);
    else tally.cutByEndpoint++;
    return false;
  }
  if (ending === 'reset' && mayBeRefused && check.bytes === 0) {
    tally.refused++;
    return true;
  }
  tally.expectWhole(what, check, scene.endpointBytes);
  if (ending !== 'fin') tally.fault(`${what}: ${ending}`);
  tally.clean++;
  tally.clientBytes += headerBytes + scene.clientBytes;
  tally.endpointBytes += scene.endpointBytes;
  return false;
}

async function exchange(
  socket: Socket,
  seed: number,
  scene: Scene,
  check: StreamCheck,
): Promise<'fin' | 'reset' | 'enough'> {
  if (scene.order === 'requests') {
    for (let at = 0; at < scene.clientBytes; at += messageBytes) {
      await send(socket, seed, at, messageBytes);
      const ending = await receive(socket, check, { enough: at + messageBytes });
      if (ending !== 'enough') return ending;
    }
    socket.end();
    return receive(socket, check);
  }
  const reading = receive(socket, check, { slow: scene.slow === 'client' });
  if (scene.order === 'endpoint') await reading;
  await send(socket, seed, 0, scene.clientBytes);
  socket.end();
  return reading;
}

/** Established; a reset that came as soon as it was is seen by the first receive() or send(). */
function connected(port: number): Promise<Socket> {
  const options: NetConnectOpts & { readonly highWaterMark: number } = {
    host: '127.0.0.1',
    port,
    allowHalfOpen: true,
    highWaterMark: 1,
  };
  return new Promise((resolve, reject) => {
    const socket = connect(options);
    socket.once('connect', () => resolve(socket));
    socket.on('error', (err) => {
      if (isReset(err)) resolve(socket);
      else reject(err);
    });
  });
}

function withResolvers(): { readonly promise: Promise<void>; resolve(): void } {
  let resolve = (): void => {};
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

// dataplane/conformance/tcp-peers.ts: TCP clients and endpoints that tell a clean end from a reset.
import { spawn } from 'node:child_process';
import { connect, createServer, type NetConnectOpts, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import type { EndpointAddress } from '../../../lib/model/endpoint.js';
import { within } from './waiting.js';

export interface Received {
  readonly data: Buffer;
  /** 'fin': a clean end; 'reset': an error; 'destroyed': by the test itself, before it came to an end. */
  readonly end: 'fin' | 'reset' | 'destroyed';
}

/** An endpoint that treats each connection with `serve`; closed, its connections too, when `t` ends. */
export async function tcpEndpoint(
  t: Test,
  serve: (socket: Socket) => void,
  ip = '127.0.0.1',
): Promise<EndpointAddress & { readonly server: Server; readonly sockets: Set<Socket> }> {
  const sockets = new Set<Socket>();
  // A high-water mark of 1 and reading by takeEach() show a reset that comes right behind data as what it is.
  const server = createServer({ allowHalfOpen: true, highWaterMark: 1 }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    serve(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: ip, port: 0, backlog: 4096 }, resolve);
  });
  t.teardown(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return { ip, port: portOf(server), server, sockets };
}

export function echo(socket: Socket): void {
  socket.pipe(socket);
}

/** Says its name and ends, cleanly. */
export function sayName(name: string): (socket: Socket) => void {
  return (socket) => {
    socket.resume();
    socket.end(name);
  };
}

/**
 * An endpoint that never answers a SYN: another process listens, accepts nothing, and its backlog is full, so the
 * kernel drops what comes.
 */
export async function silentEndpoint(t: Test): Promise<EndpointAddress> {
  const script = `
    const server = require('node:net').createServer().listen({ host: '127.0.0.1', port: 0, backlog: 1 }, () => {
      require('node:fs').writeSync(1, server.address().port + '\\n');
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 120000);
      process.exit();
    });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const port = await within(
    'the silent endpoint says its port',
    new Promise<number>((resolve) =>
      child.stdout.once('data', (line: Buffer) => resolve(Number(line.toString()))),
    ),
  );
  for (let fillers = 0; fillers < 10; fillers++) {
    const filler = connect({ host: '127.0.0.1', port });
    filler.on('error', () => {});
    t.teardown(() => filler.destroy());
    const connected = new Promise((resolve) => filler.once('connect', resolve));
    await Promise.race([connected, sleep(300)]);
    // This process may have been held up: its answer may be there, and only not seen yet.
    await sleep(10);
    if (filler.connecting) return { ip: '127.0.0.1', port };
  }
  throw new Error('the backlog never filled up');
}

/**
 * Connecting; destroyed when `t` ends. Half-closes stay possible.
 * @param localAddress another one makes it another client; the kernel's choice when absent
 */
export function connecting(t: Test, port: number, host = '127.0.0.1', localAddress?: string): Socket {
  const options: NetConnectOpts & { readonly highWaterMark: number } = {
    host,
    port,
    allowHalfOpen: true,
    highWaterMark: 1,
    ...(localAddress !== undefined && { localAddress }),
  };
  const socket = connect(options);
  socket.on('error', () => {});
  t.teardown(() => socket.destroy());
  return socket;
}

/** Connected; as above. */
export async function tcpClient(t: Test, port: number, host = '127.0.0.1'): Promise<Socket> {
  const socket = connecting(t, port, host);
  const connected = new Promise<void>((resolve, reject) => {
    socket.once('connect', resolve);
    socket.once('error', reject);
  });
  await within(`a connection to port ${port}`, connected);
  return socket;
}

/** Everything up to the end of what the peer sends. */
export function receiveAll(socket: Socket): Promise<Received> {
  const chunks: Buffer[] = [];
  const received = new Promise<Received>((resolve) => {
    const done = (end: Received['end']): void => resolve({ data: Buffer.concat(chunks), end });
    socket.once('end', () => done('fin'));
    socket.once('error', () => done('reset'));
    socket.once('close', () => done('destroyed'));
    if (socket.errored) done('reset');
    else if (socket.readableEnded) done('fin');
    else if (socket.closed) done('destroyed');
    else takeEach(socket, (chunk) => chunks.push(chunk));
  });
  return within('the end of a stream, or a reset', received);
}

/** Resolves with what arrived once it is at least `bytes` long; rejects if the stream ends before. */
export function receive(socket: Socket, bytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  const received = new Promise<Buffer>((resolve, reject) => {
    const ended = (): void => reject(new Error(`the stream has ended after ${length} of ${bytes} bytes`));
    const stop = takeEach(socket, (chunk) => {
      chunks.push(chunk);
      length += chunk.length;
      if (length < bytes) return;
      stop();
      for (const event of ['end', 'close']) socket.off(event, ended);
      socket.off('error', reject);
      resolve(Buffer.concat(chunks));
    });
    for (const event of ['end', 'close']) socket.once(event, ended);
    socket.once('error', reject);
  });
  return within(`${bytes} bytes`, received);
}

/**
 * Reads until the returned function is called; never within the read callback, where libuv would report the end of the
 * stream for a reset that it found together with data.
 */
function takeEach(socket: Socket, take: (chunk: Buffer) => void): () => void {
  let reading = true;
  const read = (): void => {
    while (reading) {
      const chunk: Buffer | null = socket.read();
      if (chunk === null) return;
      take(chunk);
    }
  };
  const onReadable = (): void => {
    setImmediate(read);
  };
  socket.on('readable', onReadable);
  setImmediate(read);
  return () => {
    reading = false;
    socket.off('readable', onReadable);
  };
}

/**
 * One request and its answer on a connection of its own: sends `text`, ends, reads to the end. A reset may come before
 * the connection is known to be there.
 */
export async function request(
  t: Test,
  port: number,
  text = '',
  host = '127.0.0.1',
  localAddress?: string,
): Promise<Received> {
  const socket = connecting(t, port, host, localAddress);
  const received = receiveAll(socket);
  socket.end(text);
  return received;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server does not listen');
  return address.port;
}

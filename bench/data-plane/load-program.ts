// bench/data-plane/load-program.ts: the load that no ready-made tool makes: UDP round trips, and connections that stay
// open and idle. Asked over IPC.
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerQuestions } from '../shared/program.js';
import { runUdpLoad, type UdpLoad } from './udp-load.js';

export type LoadCommand =
  /** Resolves once somebody listens. */
  | { readonly command: 'await'; readonly port: number }
  | ({ readonly command: 'udp' } & UdpLoad)
  /** Opens connections to an echo and has each answer once. */
  | { readonly command: 'connect'; readonly port: number; readonly connections: number }
  | { readonly command: 'disconnect' };

const open: Socket[] = [];
const patienceMs = 10_000;
const atATime = 50;
const message = Buffer.alloc(64, 'x');

function connectOne(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    open.push(socket);
    socket.once('error', reject);
    socket.once('connect', () => socket.write(message));
    let received = 0;
    socket.on('data', (chunk) => {
      received += chunk.length;
      if (received === message.length) resolve();
    });
    socket.once('close', () => reject(new Error(`connection ${open.length} was closed after ${received} B`)));
  });
}

async function connectAll(port: number, connections: number): Promise<void> {
  let left = connections;
  const one = async (): Promise<void> => {
    while (left-- > 0) await connectOne(port);
  };
  await Promise.all(Array.from({ length: atATime }, one));
}

async function awaitListener(port: number): Promise<void> {
  const endMs = performance.now() + patienceMs;
  while (!(await answers(port))) {
    if (performance.now() > endMs) throw new Error(`nobody listens on port ${port} after ${patienceMs} ms`);
    await sleep(20);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}

answerQuestions<LoadCommand>(async (request) => {
  switch (request.command) {
    case 'await':
      return awaitListener(request.port);
    case 'udp':
      return runUdpLoad(request);
    case 'connect':
      return connectAll(request.port, request.connections);
    case 'disconnect':
      for (const socket of open.splice(0)) socket.destroy();
  }
});

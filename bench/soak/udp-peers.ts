// bench/soak/udp-peers.ts: UDP endpoints that echo, and clients that come, ask some questions and go.
import { createSocket, type Socket } from 'node:dgram';
import type { EndpointAddress } from '../../lib/model/endpoint.js';
import { piece } from './payload.js';
import type { Tally } from './tally.js';

export interface UdpEndpoint extends EndpointAddress {
  close(): Promise<void>;
}

export async function openUdpEndpoint(): Promise<UdpEndpoint> {
  const socket = await boundSocket();
  socket.on('message', (datagram, from) => socket.send(datagram, from.port, from.address));
  return { ip: '127.0.0.1', port: socket.address().port, close: () => closed(socket) };
}

export interface UdpVisit {
  readonly id: number;
  readonly port: number;
  readonly questions: number;
  readonly bytes: number;
  /** Asks all at once and leaves without waiting for an answer. */
  readonly impatient: boolean;
  readonly tally: Tally;
}

/** What a client adds to the tally: connected: clients; clean: answers; refused: questions asked anew. */
export async function visitByUdp({ id, port, questions, bytes, impatient, tally }: UdpVisit): Promise<void> {
  const socket = await boundSocket();
  tally.connected++;
  try {
    for (let question = 0; question < questions; question++) {
      const seed = id * 100 + question;
      if (impatient) socket.send(piece(seed, 0, bytes), port, '127.0.0.1');
      else await ask(socket, port, piece(seed, 0, bytes), tally);
    }
  } finally {
    await closed(socket);
  }
}

const patienceMs = 300;
const mostTries = 20;

async function ask(socket: Socket, port: number, question: Buffer, tally: Tally): Promise<void> {
  for (let tries = 1; tries <= mostTries; tries++) {
    const answered = nextAnswer(socket, question);
    tally.clientBytes += question.length;
    socket.send(question, port, '127.0.0.1');
    if (await answered) {
      tally.clean++;
      tally.endpointBytes += question.length;
      return;
    }
    tally.refused++;
  }
  tally.fault(`UDP: no right answer to ${question.length} bytes after ${mostTries} tries`);
}

/** An answer to an earlier question may still come when that was asked anew: it is not this one's. */
function nextAnswer(socket: Socket, question: Buffer): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (answered: boolean): void => {
      clearTimeout(timer);
      socket.off('message', onMessage);
      resolve(answered);
    };
    const timer = setTimeout(() => done(false), patienceMs);
    const onMessage = (answer: Buffer): void => {
      if (answer.equals(question)) done(true);
    };
    socket.on('message', onMessage);
  });
}

async function boundSocket(): Promise<Socket> {
  const socket = createSocket({ type: 'udp4', recvBufferSize: 1024 * 1024, sendBufferSize: 1024 * 1024 });
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(0, '127.0.0.1', resolve);
  });
  socket.removeAllListeners('error');
  socket.on('error', () => {}); // ECONNREFUSED of a peer that has left
  return socket;
}

function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.close(() => resolve()));
}

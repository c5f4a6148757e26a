// test/support/peer.ts: a program for one namespace: echo servers and clients for TCP and UDP, told what to do over
// IPC (peer-protocol.ts). Its twin in the test is peer-client.ts. It ends when the test's process does.
import type { Opened } from './peer-opened.js';
import type { PeerReply, PeerRequest } from './peer-protocol.js';
import { openTcp, tcpEcho } from './peer-tcp.js';
import { openUdp, udpEcho } from './peer-udp.js';

const opened = new Map<number, Opened>();

function find(handle: number): Opened {
  const found = opened.get(handle);
  if (found === undefined) throw new Error(`nothing is open as ${handle}`);
  return found;
}

async function open(id: number, opening: Promise<Opened>): Promise<PeerReply> {
  const { port, localAddress, text = '', ...rest } = await opening;
  opened.set(id, { port, localAddress, ...rest });
  return { id, handle: id, port, localAddress, text };
}

async function answer(request: PeerRequest): Promise<PeerReply> {
  const { id } = request;
  switch (request.command) {
    case 'tcp-echo':
      return open(id, tcpEcho(request.address, request.port, request.name));
    case 'udp-echo':
      return open(id, udpEcho(request.address, request.port, request.name, request.reuseAddr ?? false));
    case 'tcp-open':
      return open(id, openTcp(request.target, request.timeoutMs));
    case 'udp-open':
      return open(id, openUdp(request.target));
    case 'exchange':
      return { id, text: (await find(request.handle).exchange?.(request.payload, request.timeoutMs)) ?? '' };
    case 'finish':
      return { id, text: (await find(request.handle).finish?.(request.timeoutMs, request.payload)) ?? '' };
    case 'stats':
      return { id, clients: find(request.handle).clients?.() ?? [] };
    case 'close': {
      const closing = find(request.handle);
      opened.delete(request.handle);
      await closing.close();
      return { id };
    }
  }
}

function failed(id: number, err: unknown): PeerReply {
  const message = err instanceof Error ? err.message : String(err);
  const code = err instanceof Error && 'code' in err ? String(err.code) : 'UNKNOWN';
  return { id, error: { message, code } };
}

process.on('message', (request: PeerRequest) => {
  answer(request)
    .catch((err: unknown) => failed(request.id, err))
    .then((reply) => process.send?.(reply));
});
process.on('disconnect', () => process.exit());

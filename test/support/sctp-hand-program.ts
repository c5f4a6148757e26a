// test/support/sctp-hand-program.ts: a program for one namespace: SCTP servers and clients on raw sockets, told what to do
// over IPC. Its twin in the test is sctp-hand.ts. It ends when the test's process does.
import type { HandAnswer, HandRequest } from './sctp-hand.js';
import { chunk, data, init, types } from './sctp-packets.js';
import { RawClient, RawPeer, RawServer } from './sctp-raw-peer.js';

const servers = new Map<string, RawServer>();
const clients = new Map<number, RawClient>();

function clientOf({ port }: { readonly port: number }): RawClient {
  const client = clients.get(port);
  if (client === undefined) throw new Error(`no client has port ${port}`);
  return client;
}

async function answer(request: HandRequest): Promise<HandAnswer> {
  switch (request.command) {
    case 'serve': {
      const { ip, port, name } = request;
      servers.set(name, new RawServer(ip, port, name));
      return {};
    }
    case 'up': {
      const server = servers.get(request.name);
      if (server !== undefined) server.isUp = request.isUp;
      return {};
    }
    case 'seen':
      return { types: servers.get(request.name)?.seen.map(({ chunks }) => chunks[0]?.type ?? -1) ?? [] };
    case 'open': {
      const { ip, port, to } = request;
      // A socket of its own each: what one takes is lost for nobody else.
      clients.set(port, new RawClient(new RawPeer(ip), port, to));
      return {};
    }
    case 'connect': {
      const name = await clientOf(request).connect([], request.timeoutMs);
      return name === undefined ? {} : { name };
    }
    case 'exchange': {
      const messages = request.messages.map((message) => Buffer.from(message));
      const back = await clientOf(request).exchange(messages, request.timeoutMs);
      return { messages: back.map((message) => message.toString()) };
    }
    case 'say': {
      const client = clientOf(request);
      if (request.what === 'init') client.send([init(client.tag)], 0);
      else if (request.what === 'data') client.send([data('still there?')]);
      else client.send([chunk(types.shutdown, Buffer.alloc(4))]);
      return heard(client, request.timeoutMs);
    }
    case 'listen':
      return heard(clientOf(request), request.timeoutMs);
  }
}

async function heard(client: RawClient, timeoutMs: number): Promise<HandAnswer> {
  const packet = await client.receive(timeoutMs);
  if (packet === undefined) return { types: [] };
  return { types: packet.chunks.map(({ type }) => type), tag: packet.tag };
}

process.on('message', (request: HandRequest & { readonly id: number }) => {
  const reply = (said: HandAnswer): void => void process.send?.({ ...said, id: request.id });
  answer(request).then(reply, (err: unknown) => reply({ error: String(err) }));
});
process.on('disconnect', () => process.exit());

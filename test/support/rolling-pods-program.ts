// test/support/rolling-pods-program.ts: pods of a rolling update, as HTTP servers in one namespace, told over IPC what
// befalls them. A pod that is told to end does what well-made programs do on SIGTERM: it still serves, tells each client
// with an open connection to come anew, closes its port when nobody new has come for a while, and ends after its last client.
import { createServer, type Server } from 'node:http';
import { Server as NetServer } from 'node:net';
import type { PodCommand, PodReply } from './rolling-update.js';

/** Milliseconds without a new connection, after which a pod takes it that nobody is sent to it any more. */
const quietMs = 300;

interface Pod {
  readonly server: Server;
  ending: boolean;
  open: number;
  lastConnectionMs: number;
}

const pods = new Map<string, Pod>();

async function start({ name, address, port }: PodCommand): Promise<void> {
  const server = createServer((_request, response) => {
    if (pod.ending) response.setHeader('Connection', 'close');
    response.end(name);
  });
  const pod: Pod = { server, ending: false, open: 0, lastConnectionMs: 0 };
  server.keepAliveTimeout = 60_000;
  server.on('connection', (socket) => {
    pod.open += 1;
    pod.lastConnectionMs = performance.now();
    socket.once('close', () => {
      pod.open -= 1;
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host: address, port, backlog: 1024 }, () => resolve());
  });
  pods.set(name, pod);
}

async function end(name: string): Promise<void> {
  const pod = pods.get(name);
  if (pod === undefined) throw new Error(`no pod ${name}`);
  pod.ending = true;
  const startMs = performance.now();
  const isQuiet = () => performance.now() - Math.max(startMs, pod.lastConnectionMs) > quietMs;
  while (!isQuiet()) await sleep(20);
  // http's own close() would cut idle connections, whose client may just be sending.
  const closed = new Promise<void>((resolve) => NetServer.prototype.close.call(pod.server, () => resolve()));
  await closed;
  pods.delete(name);
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

process.on('message', (command: PodCommand) => {
  const reply = (error?: string) =>
    process.send?.({ id: command.id, ...(error && { error }) } satisfies PodReply);
  const work = command.do === 'start' ? start(command) : end(command.name);
  work.then(
    () => reply(),
    (err: unknown) => reply(String(err)),
  );
});
process.on('disconnect', () => process.exit());

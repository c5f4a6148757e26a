// dataplane/linux/death-program.ts: a process of which a data plane's thread dies: its epoll is closed under it, and its next
// epoll_wait() fails. Prints one JSON line for each thing that happens. Argument: `exit` ends the process as soon as it is
// told, as the program does; `go on` looks at what the data plane can do then, which is to be closed.

import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { createLinuxDataPlane } from '../../../lib/dataplane/linux/data-plane.js';
import * as sys from '../../../lib/dataplane/native/syscalls.js';
import { ListenError } from '../../../lib/proxier/data-plane.js';
import { configOf, specOf } from '../conformance/plane.js';
import { relayingEpolls } from './relayed-by-thread.js';

const say = (line: Readonly<Record<string, unknown>>): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

const plane = createLinuxDataPlane({
  endpointSetAsideMs: 0,
  threads: 2,
  died: (error) => {
    const { message, cause } = error instanceof Error ? error : new Error(String(error));
    say({ died: message, cause: cause instanceof Error ? cause.message : cause });
    if (process.argv[2] === 'exit') process.exit(1);
  },
});
const server = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1');
await once(server, 'listening');
const address = server.address();
const port = typeof address === 'object' && address !== null ? address.port : 0;
const listener = await plane.open(specOf('TCP'), configOf([{ ip: '127.0.0.1', port }]), 0);
const client = connect({ host: '127.0.0.1', port: listener.port });
client.on('error', () => {});
client.write('hello');
await once(client, 'data');
say({ serves: true });

for (const { fd } of relayingEpolls()) sys.close(fd);
// Wakes the thread, which waits on.
client.write('anybody there?');
await sleep(500);

const opened = await plane.open(specOf('UDP'), configOf([]), 0).catch((error: unknown) => error);
say({ open: opened instanceof ListenError ? opened.message : 'was opened' });
// Nobody will ever handle this: whoever asks must not wait for it.
listener.update(configOf([]));
const askedMs = performance.now();
listener.counters();
plane.totals();
say({ answersAtOnce: performance.now() - askedMs < 90 });
await listener.close();
await plane.close(1000);
say({ closed: true });
process.exit(0);

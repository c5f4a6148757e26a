// dataplane/sctp/worker.ts: where the relay's thread starts; see relay-thread.ts. As in ../linux/worker.ts it blocks in
// epoll_wait, fetches its messages after a wake-up, and ends only when it is told to.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { FromRelay, RelayThreadSettings, ToRelay } from './messages.js';
import { RelayThread } from './relay-thread.js';

if (parentPort === null) throw new Error('worker.ts runs only as a worker thread');
const port = parentPort;
const settings: RelayThreadSettings = workerData;

new RelayThread(settings, {
  receive: (): ToRelay | undefined => receiveMessageOnPort(port)?.message,
  post: (message: FromRelay) => port.postMessage(message),
}).run();

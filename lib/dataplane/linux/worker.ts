// dataplane/linux/worker.ts: where a thread of the data plane starts; see threads.ts. It blocks in epoll_wait, so the
// event loop of Node never turns here: messages are fetched after a wake-up, and the thread ends only when it is told to.
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import type { FromThread, ThreadSettings, ToThread } from './messages.js';
import { DataPlaneThread } from './thread.js';

if (parentPort === null) throw new Error('worker.ts runs only as a worker thread');
const port = parentPort;
const settings: ThreadSettings = workerData;

new DataPlaneThread(settings, {
  receive: (): ToThread | undefined => receiveMessageOnPort(port)?.message,
  post: (message: FromThread) => port.postMessage(message),
}).run();

// bench/scale/prober-program.ts: clients and endpoints of the benchmark, inside a namespace. An endpoint says its own
// address to whoever connects, and closes; a client takes the time until it hears that.
import { createServer, connect as tcpConnect } from 'node:net';
import { answerQuestions } from '../shared/program.js';

export interface Target {
  readonly host: string;
  readonly port: number;
}

export type ProberCommand =
  /** Endpoints on every address of the namespace. */
  | { readonly command: 'serve'; readonly port: number }
  /** `count` connections, one after another. Answers with Answered[]; an error where one fails. */
  | { readonly command: 'connect'; readonly target: Target; readonly count: number }
  /** Connects again and again until an endpoint answers (`by`: until that one does). Answers with Date.now() then. */
  | {
      readonly command: 'wait';
      readonly target: Target;
      readonly by?: string;
      readonly timeoutMs: number;
    }
  /** Answers with the body. */
  | { readonly command: 'get'; readonly url: string };

export interface Answered {
  /** The address of the endpoint that answered. */
  readonly endpoint: string;
  /** Until the TCP handshake is done. */
  readonly connectedMs: number;
  /** Until the endpoint's first byte. */
  readonly answeredMs: number;
}

/** Between two tries while waiting; each of them is given up after a while: its SYN may have met no rule. */
const tryEveryMs = 10;
const giveUpMs = 500;

answerQuestions<ProberCommand>((asked) => {
  switch (asked.command) {
    case 'serve':
      return serve(asked.port);
    case 'connect':
      return connectMany(asked.target, asked.count);
    case 'wait':
      return waitFor(asked.target, asked.by, asked.timeoutMs);
    case 'get':
      return fetch(asked.url).then((response) => response.text());
  }
});

function serve(port: number): Promise<void> {
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.end(socket.localAddress ?? '');
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ port, host: '0.0.0.0', backlog: 4096 }, resolve);
  });
}

async function connectMany(target: Target, count: number): Promise<readonly Answered[]> {
  const answers: Answered[] = [];
  for (let number = 0; number < count; number += 1) answers.push(await ask(target, 5000));
  return answers;
}

function ask({ host, port }: Target, timeoutMs: number): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const started = performance.now();
    let connectedMs = 0;
    const socket = tcpConnect({ host, port, noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error('no answer in time')), timeoutMs);
    socket.once('connect', () => {
      connectedMs = performance.now() - started;
    });
    socket.once('data', (data) => {
      resolve({ endpoint: data.toString(), connectedMs, answeredMs: performance.now() - started });
      socket.destroy();
    });
    socket.once('error', reject);
    socket.once('close', () => {
      clearTimeout(timer);
      reject(new Error(`${host}:${port} closed without an answer`));
    });
  });
}

/** A try never waits for the one before. Where one endpoint of several is wanted, a try asks as often as there are. */
function waitFor(target: Target, by: string | undefined, timeoutMs: number): Promise<number> {
  const endMs = performance.now() + timeoutMs;
  return new Promise((resolve, reject) => {
    const finish = (settle: () => void) => {
      clearInterval(timer);
      settle();
    };
    const timer = setInterval(() => {
      if (performance.now() > endMs) {
        finish(() => reject(new Error(`${target.host}:${target.port}: no answer in ${timeoutMs} ms`)));
      }
      for (let number = 0; number < (by === undefined ? 1 : 3); number += 1) {
        ask(target, giveUpMs).then(
          ({ endpoint }) => {
            if (by === undefined || endpoint === by) finish(() => resolve(Date.now()));
          },
          () => {}, // not yet
        );
      }
    }, tryEveryMs);
  });
}

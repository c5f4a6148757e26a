// test/support/sctp-hand.ts: a test's hand for SCTP inside a namespace, as typed calls. The other end is
// sctp-hand-program.ts, a process of its own, because a process is in one network namespace only.
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Namespace } from '../../lib/demo/namespaces.js';

export interface Target {
  readonly ip: string;
  readonly port: number;
}

/** A client is known by its port. */
export type HandRequest =
  | { readonly command: 'serve'; readonly ip: string; readonly port: number; readonly name: string }
  | { readonly command: 'up'; readonly name: string; readonly isUp: boolean }
  | { readonly command: 'seen'; readonly name: string }
  | { readonly command: 'open'; readonly ip: string; readonly port: number; readonly to: Target }
  | { readonly command: 'connect'; readonly port: number; readonly timeoutMs: number }
  | {
      readonly command: 'exchange';
      readonly port: number;
      readonly messages: readonly string[];
      readonly timeoutMs: number;
    }
  | {
      readonly command: 'say';
      readonly port: number;
      readonly what: 'init' | 'data' | 'shutdown';
      readonly timeoutMs: number;
    }
  | { readonly command: 'listen'; readonly port: number; readonly timeoutMs: number };

export interface HandAnswer {
  readonly name?: string;
  readonly messages?: readonly string[];
  /** Of a packet's chunks; of all packets' first chunks, for `seen`. */
  readonly types?: readonly number[];
  readonly tag?: number;
  readonly error?: string;
}

export class SctpHand {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: HandAnswer) => void>();
  #lastId = 0;

  /** It ends with the namespace. */
  constructor(namespace: Namespace) {
    const program = fileURLToPath(new URL('./sctp-hand-program.js', import.meta.url));
    this.#child = namespace.spawn([process.execPath, program], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
    this.#child.on('message', (answer: HandAnswer & { readonly id: number }) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    this.#child.on('exit', () => {
      for (const resolve of this.#waiting.values()) resolve({ error: 'the hand ended' });
      this.#waiting.clear();
    });
  }

  async #ask(request: HandRequest): Promise<HandAnswer> {
    const id = ++this.#lastId;
    const answered = new Promise<HandAnswer>((resolve) => this.#waiting.set(id, resolve));
    this.#child.send({ ...request, id });
    const answer = await answered;
    if (answer.error !== undefined) throw new Error(`${request.command}: ${answer.error}`);
    return answer;
  }

  /** An echo server that knows its name. */
  async serve(ip: string, port: number, name: string): Promise<void> {
    await this.#ask({ command: 'serve', ip, port, name });
  }

  /** A server that is not up says nothing. */
  async setUp(name: string, isUp: boolean): Promise<void> {
    await this.#ask({ command: 'up', name, isUp });
  }

  /** The first chunk of each packet that came to it. */
  async seen(name: string): Promise<readonly number[]> {
    return (await this.#ask({ command: 'seen', name })).types ?? [];
  }

  async open(ip: string, port: number, to: Target): Promise<SctpConversation> {
    await this.#ask({ command: 'open', ip, port, to });
    const of = (answer: HandAnswer) => ({ types: answer.types ?? [], tag: answer.tag });
    return {
      connect: async (timeoutMs = 3000) => (await this.#ask({ command: 'connect', port, timeoutMs })).name,
      exchange: async (messages, timeoutMs = 3000) =>
        (await this.#ask({ command: 'exchange', port, messages, timeoutMs })).messages ?? [],
      say: async (what, timeoutMs = 3000) => of(await this.#ask({ command: 'say', port, what, timeoutMs })),
      listen: async (timeoutMs = 3000) => of(await this.#ask({ command: 'listen', port, timeoutMs })),
    };
  }
}

export interface Heard {
  /** Chunk types of the next packet; none: there was none in time. */
  readonly types: readonly number[];
  readonly tag: number | undefined;
}

/** One association; what comes from another address than it was opened to is not heard. */
export interface SctpConversation {
  /** The whole handshake, once. Resolves with the server's name; undefined: refused, or no answer. */
  connect(timeoutMs?: number): Promise<string | undefined>;
  /** What came back of the messages. */
  exchange(messages: readonly string[], timeoutMs?: number): Promise<readonly string[]>;
  /** One packet, and what it is answered with. */
  say(what: 'init' | 'data' | 'shutdown', timeoutMs?: number): Promise<Heard>;
  listen(timeoutMs?: number): Promise<Heard>;
}

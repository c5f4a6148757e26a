// test/support/api-faults.ts: what api-server.ts can be told to do wrong.
import type { ServerResponse } from 'node:http';

export type Verb = 'list' | 'watch' | 'create' | 'patch';

export type FaultAnswer =
  /** A Status of this code, or `body` as it is. */
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly message?: string;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  /** The connection is reset before any answer. */
  | { readonly kind: 'reset' }
  /** Nothing is answered, ever. */
  | { readonly kind: 'no-answer' }
  /** 200 and headers, and then nothing. */
  | { readonly kind: 'silent' }
  /** 200 and this text. */
  | { readonly kind: 'body'; readonly body: string; readonly contentType?: string }
  /** 200 and the start of this text, then a reset. */
  | { readonly kind: 'half'; readonly body: string }
  /** The right answer, but later. */
  | { readonly kind: 'slow'; readonly delayMs: number };

export interface Fault {
  /** Undefined: both. */
  readonly verb?: Verb;
  /** `Service`, `EndpointSlice`, `Node`; undefined: any. */
  readonly kind?: string;
  /** Only pages after the first. */
  readonly continued?: boolean;
  /** How many requests it strikes. @default 1 */
  readonly times?: number;
  readonly answer: FaultAnswer;
}

export interface Faults {
  failNext(fault: Fault): void;
  /** The fault for this request, counted as used. */
  take(request: {
    readonly verb: Verb;
    readonly kind: string;
    readonly continued: boolean;
  }): FaultAnswer | undefined;
  clear(): void;
}

export function createFaults(): Faults {
  let waiting: { readonly fault: Fault; left: number }[] = [];
  return {
    failNext: (fault) => {
      waiting.push({ fault, left: fault.times ?? 1 });
    },
    take: ({ verb, kind, continued }) => {
      const hit = waiting.find(
        ({ fault }) =>
          (fault.verb ?? verb) === verb &&
          (fault.kind ?? kind) === kind &&
          (continued || fault.continued !== true),
      );
      if (hit === undefined) return undefined;
      hit.left -= 1;
      waiting = waiting.filter(({ left }) => left > 0);
      return hit.fault.answer;
    },
    clear: () => {
      waiting = [];
    },
  };
}

/** For every answer but `slow`, which is the caller's to give. */
export function answerWrong(response: ServerResponse, answer: Exclude<FaultAnswer, { kind: 'slow' }>): void {
  switch (answer.kind) {
    case 'status':
      sendStatus(response, answer.status, answer);
      return;
    case 'reset':
      resetSocket(response);
      return;
    case 'no-answer':
      return;
    case 'silent':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.flushHeaders();
      return;
    case 'body':
      response.writeHead(200, { 'content-type': answer.contentType ?? 'application/json' });
      response.end(answer.body);
      return;
    case 'half':
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write(answer.body, () => setTimeout(() => resetSocket(response), 20));
  }
}

export interface StatusWords {
  readonly message?: string;
  readonly reason?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export function statusObject(code: number, words: StatusWords = {}): object {
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: words.metadata ?? {},
    status: 'Failure',
    message: words.message ?? `the test wants ${code}`,
    reason: words.reason ?? (code === 410 ? 'Expired' : 'Unknown'),
    code,
  };
}

export function sendStatus(response: ServerResponse, code: number, words: StatusWords = {}): void {
  response.writeHead(code, { 'content-type': 'application/json', ...words.headers });
  response.end(words.body ?? JSON.stringify(statusObject(code, words)));
}

export function resetSocket(response: ServerResponse): void {
  const socket = response.socket;
  // A TLS socket knows no RST of its own; destroying it is as sudden for the client.
  if (socket !== null && 'resetAndDestroy' in socket && !('encrypted' in socket)) socket.resetAndDestroy();
  else socket?.destroy();
}

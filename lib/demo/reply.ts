// demo/reply.ts: PURE. What came of one request: the words between the client program (ask.ts) and the scenes.

export interface Answer {
  /** The request's path, `/7`: endpoints name it in their log. */
  readonly id: string;
  readonly text: string;
  /** The client's local port, by which its connection tracking entry is found. */
  readonly clientPort: number;
}

export interface Failure {
  readonly id: string;
  /** `ECONNREFUSED`, `ETIMEDOUT` (no answer at all), … */
  readonly error: string;
}

export type Reply = Answer | Failure;

export function isAnswer(reply: Reply): reply is Answer {
  return 'text' in reply;
}

/** `10.244.0.11:8080`: who the answer says it is from. */
export function answererOf(reply: Reply): string | undefined {
  return isAnswer(reply) ? / at (\S+)$/.exec(reply.text)?.[1] : undefined;
}

export function isRefused(reply: Reply): boolean {
  return !isAnswer(reply) && reply.error === 'ECONNREFUSED';
}

/** One JSON object per line; lines that are none are an error of the program. */
export function parseReplies(text: string): readonly Reply[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseReply);
}

function parseReply(line: string): Reply {
  const value: unknown = JSON.parse(line);
  if (typeof value === 'object' && value !== null && 'id' in value) {
    const id = String(value.id);
    if ('error' in value) return { id, error: String(value.error) };
    if ('text' in value && 'clientPort' in value) {
      return { id, text: String(value.text), clientPort: Number(value.clientPort) };
    }
  }
  throw new Error(`a client's reply: neither an answer nor an error: ${line}`);
}

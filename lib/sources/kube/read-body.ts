// sources/kube/read-body.ts: one answer's body as text, with a cap on its size and on its silence.
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../proxier/clock.js';
import { createDeadline } from './wait.js';

export interface BodyLimits {
  readonly maxBytes: number;
  /** What to do at the cap: reject, or leave the rest unread (an error's text needs no more). */
  readonly beyond: 'fail' | 'cut';
  /** Between two pieces, in ms. */
  readonly idleMs: number;
}

/** Rejects when the connection breaks, when nothing comes for `idleMs`, and beyond `maxBytes` if so told. */
export async function readBody(response: IncomingMessage, limits: BodyLimits, clock: Clock): Promise<string> {
  const deadline = createDeadline(clock, limits.idleMs, () =>
    response.destroy(new Error(`the answer stopped for ${limits.idleMs} ms`)),
  );
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    deadline.push();
    for await (const chunk of response as AsyncIterable<Buffer>) {
      chunks.push(chunk);
      bytes += chunk.length;
      if (bytes > limits.maxBytes && limits.beyond === 'cut') break;
      if (bytes > limits.maxBytes) throw new RangeError(`more than ${limits.maxBytes} bytes in one answer`);
      deadline.push();
    }
  } finally {
    deadline.cancel();
  }
  return Buffer.concat(chunks).toString('utf8');
}

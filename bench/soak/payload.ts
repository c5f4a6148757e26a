// bench/soak/payload.ts: PURE. Bytes that can be told from any others: every stream is a window into one noisy block, at an
// offset of its own, so that a receiver can check each byte against what was sent.

/** A prime, so that no power of two falls in step with it. */
const blockBytes = 1_048_573;

/** Xorshift: the same for everybody, and without a period that a buffer's size could hide. */
function makeBlock(): Buffer {
  const block = Buffer.alloc(2 * blockBytes);
  let state = 0x2545f491;
  for (let index = 0; index < blockBytes; index++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    block[index] = state & 0xff;
  }
  block.copy(block, blockBytes, 0, blockBytes);
  return block;
}

const block = makeBlock();

/** At most 1 MiB of stream `seed`, from byte `from` of it. Not to be written to. */
export function piece(seed: number, from: number, length: number): Buffer {
  const start = (seed * 7919 + from) % blockBytes;
  return block.subarray(start, start + Math.min(length, blockBytes));
}

/** Takes a stream as it comes. */
export class StreamCheck {
  readonly #seed: number;
  bytes = 0;
  /** Where the first wrong byte was; undefined: none yet. */
  wrongAt: number | undefined;

  constructor(seed: number) {
    this.#seed = seed;
  }

  take(chunk: Buffer): void {
    for (let at = 0; at < chunk.length; at += blockBytes) {
      const part = chunk.subarray(at, at + blockBytes);
      if (!part.equals(piece(this.#seed, this.bytes, part.length))) this.wrongAt ??= this.bytes;
      this.bytes += part.length;
    }
  }
}

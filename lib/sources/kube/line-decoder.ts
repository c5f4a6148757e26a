// sources/kube/line-decoder.ts: bytes of a watch to lines. A watch sends one JSON event per line; a piece of the
// stream may end anywhere, inside a UTF-8 sequence too, so bytes are joined before they are decoded.

export interface LineDecoder {
  /** The lines that `chunk` completes, in order; empty lines are left out. Throws RangeError on an endless line. */
  push(chunk: Buffer): readonly string[];
  /** Bytes of a line that has begun and not ended. */
  pendingBytes(): number;
}

const newline = 0x0a;

/** @param maxLineBytes an object is at most about 1.5 MiB in etcd; anything much larger is no event */
export function createLineDecoder(maxLineBytes: number): LineDecoder {
  let pending: Buffer[] = [];
  let pendingBytes = 0;

  return {
    push: (chunk) => {
      const lines: string[] = [];
      let from = 0;
      for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
        pending.push(chunk.subarray(from, end));
        const line = Buffer.concat(pending).toString('utf8').trim();
        if (line !== '') lines.push(line);
        pending = [];
        pendingBytes = 0;
        from = end + 1;
      }
      if (from < chunk.length) {
        pending.push(chunk.subarray(from));
        pendingBytes += chunk.length - from;
      }
      if (pendingBytes > maxLineBytes) throw new RangeError(`a line of more than ${maxLineBytes} bytes`);
      return lines;
    },
    pendingBytes: () => pendingBytes,
  };
}

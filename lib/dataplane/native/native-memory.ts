// dataplane/native/native-memory.ts: memory that C functions read and write, and its address. Allocated once and used for
// the life of its owner: whoever passes the address holds the NativeMemory, so no pointer outlives its bytes.
import koffi from 'koffi';

export class NativeMemory {
  readonly bytes: Buffer;
  /** The same bytes; whole 32-bit words only. */
  readonly words: Int32Array;
  /** Below 2^53: user space ends at 2^47 on x86-64 and at 2^48 on arm64. */
  readonly address: number;

  /** Zeroed. @param size in bytes */
  constructor(size: number) {
    // Not Buffer.alloc: a small Buffer shares a pool, and a Uint8Array of few bytes may live on V8's heap and move.
    const buffer = new ArrayBuffer(Math.ceil(size / 8) * 8);
    this.bytes = Buffer.from(buffer);
    this.words = new Int32Array(buffer);
    this.address = Number(koffi.address(this.bytes));
  }

  /** A pointer, or a size_t below 2^53, in little-endian order as on both of our architectures. */
  writeWide(value: number, offset: number): void {
    this.bytes.writeUInt32LE(value % 2 ** 32, offset);
    this.bytes.writeUInt32LE(Math.floor(value / 2 ** 32), offset + 4);
  }
}

// dataplane/linux/datagram-headers.ts: an array of struct mmsghdr, as recvmmsg and sendmmsg take it, and beside it an
// array of struct iovec: one for each datagram of a batch, whose bytes all have the same room.
import { iovec, mmsghdr, msghdr } from '../native/abi/layouts.js';
import { NativeMemory } from '../native/native-memory.js';

/** Datagrams in a batch. No more than UDP_MAX_SEGMENTS of <linux/udp.h>. */
export const batchSize = 64;
/** More than the largest UDP payload (65,507 over IPv4, 65,527 over IPv6). */
export const datagramRoom = 65_536;

const headerWords = mmsghdr.size / 4;
const lengthWord = mmsghdr.len / 4;
const nameWord = msghdr.name / 4;
const nameLengthWord = msghdr.namelen / 4;
const vectorWord = msghdr.iov / 4;
const vectorsWord = msghdr.iovlen / 4;
const controlWord = msghdr.control / 4;
const controlLengthWord = msghdr.controllen / 4;
const wordsPerVector = iovec.size / 4;
const vectorLengthWord = iovec.len / 4;

/** An address as the two words that it is in C's structs. */
export interface Pointer {
  readonly low: number;
  readonly high: number;
}

export const nullPointer: Pointer = { low: 0, high: 0 };

export function pointerTo(address: number): Pointer {
  return { low: (address % 2 ** 32) | 0, high: Math.floor(address / 2 ** 32) };
}

export class DatagramHeaders {
  readonly #headers = new NativeMemory(batchSize * mmsghdr.size);
  readonly #vectors = new NativeMemory(batchSize * iovec.size);
  readonly #headerWords = this.#headers.words;
  readonly #vectorWords = this.#vectors.words;
  readonly #vectorPointers: readonly Pointer[];

  /** @param data datagram n is at n times datagramRoom */
  constructor(data: NativeMemory) {
    this.#vectorPointers = Array.from({ length: batchSize }, (_, index) =>
      pointerTo(this.#vectors.address + index * iovec.size),
    );
    for (let index = 0; index < batchSize; index++) {
      this.#vectors.writeWide(data.address + index * datagramRoom, index * iovec.size + iovec.base);
      this.setLength(index, datagramRoom);
      this.setData(index, index, 1);
    }
  }

  addressOf(header: number): number {
    return this.#headers.address + header * mmsghdr.size;
  }

  /** Of the datagram that was received with this header, as the kernel wrote it. */
  receivedLength(header: number): number {
    return this.#headerWords[header * headerWords + lengthWord] ?? 0;
  }

  /** Of the datagram, in its iovec. */
  setLength(datagram: number, length: number): void {
    this.#vectorWords[datagram * wordsPerVector + vectorLengthWord] = length;
  }

  /** The header's message is `count` datagrams from `first` on. */
  setData(header: number, first: number, count: number): void {
    this.#setPointer(header * headerWords + vectorWord, this.#vectorPointers[first] ?? nullPointer);
    this.#headerWords[header * headerWords + vectorsWord] = count;
  }

  /** A sockaddr; its length is overwritten by receiving. */
  setName(header: number, name: Pointer, length: number): void {
    this.#setPointer(header * headerWords + nameWord, name);
    this.#headerWords[header * headerWords + nameLengthWord] = length;
  }

  /** Control messages; their length is overwritten by receiving. */
  setControl(header: number, control: Pointer, length: number): void {
    this.#setPointer(header * headerWords + controlWord, control);
    this.#headerWords[header * headerWords + controlLengthWord] = length;
  }

  #setPointer(at: number, { low, high }: Pointer): void {
    this.#headerWords[at] = low;
    this.#headerWords[at + 1] = high;
  }

  /** Of a header for receiving: the lengths of name and control that the kernel overwrote. */
  restoreRoom(header: number, nameRoom: number, controlRoom: number): void {
    this.#headerWords[header * headerWords + nameLengthWord] = nameRoom;
    this.#headerWords[header * headerWords + controlLengthWord] = controlRoom;
  }
}

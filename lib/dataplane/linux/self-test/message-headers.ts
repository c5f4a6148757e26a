// dataplane/linux/self-test/message-headers.ts: the memory of a few datagrams for sendmmsg and recvmmsg, laid out by the
// layouts it is given. Apart from DatagramBatch, which is built for speed, and on abi/ as it is.
import type { Layouts } from '../../native/abi/layouts.js';
import { NativeMemory } from '../../native/native-memory.js';
import { expect } from './scratch.js';

/** Bytes for each of a datagram's name, control message and data: far more than any layout asks for. */
const room = 128;

export interface Message {
  /** A sockaddr: where it goes, or where it came from. */
  readonly name: Buffer;
  /** May be empty. */
  readonly control: Buffer;
  /** At least two bytes. */
  readonly data: string;
}

export class MessageHeaders {
  readonly #layouts: Layouts;
  readonly #count: number;
  readonly #headers: NativeMemory;
  readonly #vectors: NativeMemory;
  readonly #names: NativeMemory;
  readonly #controls: NativeMemory;
  readonly #data: NativeMemory;

  constructor(layouts: Layouts, count: number) {
    this.#layouts = layouts;
    this.#count = count;
    const memory = (): NativeMemory => new NativeMemory(count * room);
    this.#headers = memory();
    this.#vectors = memory();
    this.#names = memory();
    this.#controls = memory();
    this.#data = memory();
    const { mmsghdr, msghdr } = layouts;
    expect(
      mmsghdr.len - mmsghdr.hdr === msghdr.size,
      'struct mmsghdr differs: msg_len is not behind msg_hdr',
    );
  }

  /** Of header `index`. */
  addressOf(index: number): number {
    return this.#headers.address + index * this.#layouts.mmsghdr.size;
  }

  /** Room for whatever may be received. */
  clear(): void {
    for (let index = 0; index < this.#count; index++) this.#write(index, room, room, room);
  }

  set(index: number, { name, control, data }: Message): void {
    const at = index * room;
    this.#names.bytes.set(name, at);
    this.#controls.bytes.set(control, at);
    this.#data.bytes.write(data, at, 'latin1');
    this.#write(index, name.length, control.length, data.length);
  }

  #write(index: number, nameLength: number, controlLength: number, dataLength: number): void {
    const { mmsghdr, msghdr, iovec } = this.#layouts;
    const at = index * mmsghdr.size + mmsghdr.hdr;
    const pointer = (memory: NativeMemory, length: number): number =>
      length === 0 ? 0 : memory.address + index * room;
    const vectorAt = index * room;
    // In two parts, the first of one byte, or the size of an iovec would mean nothing.
    const dataAddress = this.#data.address + index * room;
    this.#vectors.writeWide(dataAddress, vectorAt + iovec.base);
    this.#vectors.writeWide(1, vectorAt + iovec.len);
    this.#vectors.writeWide(dataAddress + 1, vectorAt + iovec.size + iovec.base);
    this.#vectors.writeWide(dataLength - 1, vectorAt + iovec.size + iovec.len);
    this.#headers.writeWide(pointer(this.#names, nameLength), at + msghdr.name);
    this.#headers.bytes.writeUInt32LE(nameLength, at + msghdr.namelen);
    this.#headers.writeWide(this.#vectors.address + vectorAt, at + msghdr.iov);
    this.#headers.writeWide(2, at + msghdr.iovlen);
    this.#headers.writeWide(pointer(this.#controls, controlLength), at + msghdr.control);
    this.#headers.writeWide(controlLength, at + msghdr.controllen);
  }

  /** Datagram `index` as the kernel wrote it; every part as long as it says. */
  get(index: number): Message {
    const { mmsghdr, msghdr } = this.#layouts;
    const at = index * mmsghdr.size;
    const { bytes } = this.#headers;
    const from = index * room;
    const part = ({ bytes }: NativeMemory, length: number): Buffer =>
      Buffer.from(bytes.subarray(from, from + Math.min(length, room)));
    return {
      name: part(this.#names, bytes.readUInt32LE(at + mmsghdr.hdr + msghdr.namelen)),
      control: part(this.#controls, bytes.readUInt32LE(at + mmsghdr.hdr + msghdr.controllen)),
      data: part(this.#data, bytes.readUInt32LE(at + mmsghdr.len)).toString('latin1'),
    };
  }
}

// bench/data-plane/stamped-datagrams.ts: datagrams that carry the time when they left. All that a client may send at
// once leave by one call, or by none of their own: what the load costs is not what is measured.

import { batchSize, DatagramHeaders, datagramRoom } from '../../lib/dataplane/linux/datagram-headers.js';
import { OutgoingBatch, toPeer } from '../../lib/dataplane/linux/outgoing-batch.js';
import { MSG_DONTWAIT } from '../../lib/dataplane/native/abi/constants.js';
import { NativeMemory } from '../../lib/dataplane/native/native-memory.js';
import * as sys from '../../lib/dataplane/native/syscalls.js';

const stampsPerDatagram = datagramRoom / Float64Array.BYTES_PER_ELEMENT;

export class StampedDatagrams {
  readonly #bytes: number;
  readonly #most: number;
  readonly #data = new NativeMemory(batchSize * datagramRoom);
  readonly #stamps = new Float64Array(this.#data.bytes.buffer);
  readonly #received = new DatagramHeaders(this.#data);
  readonly #outgoing = new OutgoingBatch(this.#data);
  readonly #peer = toPeer(true);

  /** @param bytes of a datagram, at least 8 @param most at once, up to 64 */
  constructor(bytes: number, most: number) {
    if (most > batchSize) throw new RangeError(`${most} datagrams at once, of ${batchSize} at most`);
    this.#bytes = bytes;
    this.#most = most;
  }

  /** How many came, or errno negated. */
  receive(fd: number): number {
    if (this.#most > 1) return sys.recvmmsg(fd, this.#received.addressOf(0), this.#most, MSG_DONTWAIT);
    const received = sys.recv(fd, this.#data.address, datagramRoom, MSG_DONTWAIT);
    return received < 0 ? received : 1;
  }

  /** Of datagram `index` of the last receive(). */
  sentMs(index: number): number {
    return this.#stamps[index * stampsPerDatagram] ?? Number.NaN;
  }

  /** Whatever can't be sent is lost. */
  send(fd: number, count: number, nowMs: number): void {
    for (let index = 0; index < count; index++) this.#stamps[index * stampsPerDatagram] = nowMs;
    if (count === 1) {
      sys.send(fd, this.#data.address, this.#bytes, MSG_DONTWAIT);
      return;
    }
    this.#outgoing.begin(0);
    for (let index = 0; index < count; index++) this.#outgoing.add(this.#bytes, this.#peer);
    this.#outgoing.send(fd, 0);
  }
}

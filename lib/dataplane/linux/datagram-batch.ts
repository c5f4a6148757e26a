// dataplane/linux/datagram-batch.ts: datagrams from clients, up to 64 of any size by one recvmmsg, with the address of
// each client and the one it sent to; and sending them on from where they lie. One per thread.
import { MSG_DONTWAIT, MSG_NOSIGNAL } from '../native/abi/constants.js';
import { NativeMemory } from '../native/native-memory.js';
import { sockaddrRoom } from '../native/socket-address.js';
import * as sys from '../native/syscalls.js';
import { batchSize, DatagramHeaders, datagramRoom, pointerTo } from './datagram-headers.js';
import { OutgoingBatch, type Route } from './outgoing-batch.js';

/** For one IP_PKTINFO or IPV6_PKTINFO. */
const controlRoom = 64;

export class DatagramBatch {
  /** Of the datagrams received last: sockaddr and control message number n. */
  readonly names = new NativeMemory(batchSize * sockaddrRoom);
  readonly controls = new NativeMemory(batchSize * controlRoom);
  readonly #data = new NativeMemory(batchSize * datagramRoom);
  readonly #received = new DatagramHeaders(this.#data);
  readonly #outgoing = new OutgoingBatch(this.#data);

  constructor() {
    for (let index = 0; index < batchSize; index++) {
      this.#received.setName(index, pointerTo(this.names.address + nameOffset(index)), sockaddrRoom);
      this.#received.setControl(index, pointerTo(this.controls.address + controlOffset(index)), controlRoom);
    }
  }

  /** How many datagrams came, with their names and controls; or errno negated. */
  receive(fd: number): number {
    return sys.recvmmsg(fd, this.#received.addressOf(0), batchSize, MSG_DONTWAIT);
  }

  /** The `count` datagrams of the last receive() were dealt with. */
  done(count: number): void {
    for (let index = 0; index < count; index++) this.#received.restoreRoom(index, sockaddrRoom, controlRoom);
  }

  lengthOf(index: number): number {
    return this.#received.receivedLength(index);
  }

  /** Of all datagrams from `first` to before `end`. */
  bytesOf(first: number, end: number): number {
    let bytes = 0;
    for (let index = first; index < end; index++) bytes += this.lengthOf(index);
    return bytes;
  }

  /** Sends datagram `index` to the peer of a connected socket: 1, or errno negated. */
  sendOne(fd: number, index: number): number {
    const at = this.#data.address + index * datagramRoom;
    const sent = sys.send(fd, at, this.lengthOf(index), MSG_DONTWAIT | MSG_NOSIGNAL);
    return sent < 0 ? sent : 1;
  }

  /**
   * Sends the datagrams from `first` to before `end` to the peer of a connected socket. How many were sent, at least 1,
   * or errno negated: for the first one; with `peer.inSegments` for one of those that would have left with it.
   */
  send(fd: number, first: number, end: number, peer: Route): number {
    const outgoing = this.#outgoing;
    outgoing.begin(first);
    for (let index = first; index < end; index++) outgoing.add(this.lengthOf(index), peer);
    const sent = outgoing.send(fd, 0);
    return sent < 0 ? sent : outgoing.firstOf(sent) - first;
  }
}

export function nameOffset(index: number): number {
  return index * sockaddrRoom;
}

export function controlOffset(index: number): number {
  return index * controlRoom;
}

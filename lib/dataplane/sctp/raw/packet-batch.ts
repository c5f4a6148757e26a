// dataplane/sctp/raw/packet-batch.ts: receives packets, as many as there are up to 64 in one call, each into 64 KB of its
// own: a sender on this host hands over the chunks of many packets as one.
import type { IpFamily } from '../../../model/ip.js';
import { MSG_DONTWAIT } from '../../native/abi/constants.js';
import { cmsghdr, in6Pktinfo, iovec, mmsghdr, msghdr, sockaddrIn6 } from '../../native/abi/layouts.js';
import { NativeMemory } from '../../native/native-memory.js';
import { isPacketInfo } from '../../native/packet-info.js';
import * as sys from '../../native/syscalls.js';
import type { Packet } from '../relay/packet.js';
import { dontFragment, ipv4Header, ipv4HeaderLength } from '../wire/ip-header.js';
import { isLinkLocal, readIpv4, readIpv6 } from '../wire/ip-words.js';

const batchSize = 64;
/** No IP packet is larger. */
const packetRoom = 65_536;
const nameRoom = 32;
const controlRoom = 64;
const headerWords = mmsghdr.size / 4;
const nameLengthWord = msghdr.namelen / 4;
const controlLengthWord = msghdr.controllen / 4;
const lengthWord = mmsghdr.len / 4;

export class PacketBatch {
  readonly memory = new NativeMemory(batchSize * packetRoom);
  readonly #ipFamily: IpFamily;
  readonly #headers = new NativeMemory(batchSize * mmsghdr.size);
  readonly #vectors = new NativeMemory(batchSize * iovec.size);
  readonly #names = new NativeMemory(batchSize * nameRoom);
  readonly #controls = new NativeMemory(batchSize * controlRoom);

  constructor(ipFamily: IpFamily) {
    this.#ipFamily = ipFamily;
    for (let index = 0; index < batchSize; index++) {
      const header = index * mmsghdr.size;
      this.#vectors.writeWide(this.memory.address + index * packetRoom, index * iovec.size + iovec.base);
      this.#vectors.writeWide(packetRoom, index * iovec.size + iovec.len);
      this.#headers.writeWide(this.#names.address + index * nameRoom, header + msghdr.name);
      this.#headers.writeWide(this.#vectors.address + index * iovec.size, header + msghdr.iov);
      this.#headers.writeWide(1, header + msghdr.iovlen);
      this.#headers.writeWide(this.#controls.address + index * controlRoom, header + msghdr.control);
    }
    this.#restoreRoom(batchSize);
  }

  /** How many packets there are now, or errno negated. */
  receive(fd: number): number {
    const count = sys.recvmmsg(fd, this.#headers.address, batchSize, MSG_DONTWAIT);
    this.#restoreRoom(count);
    return count;
  }

  /** The kernel has overwritten the lengths of the room for names and controls. */
  #restoreRoom(count: number): void {
    const { words } = this.#headers;
    for (let index = 0; index < count; index++) {
      words[index * headerWords + nameLengthWord] = nameRoom;
      words[index * headerWords + controlLengthWord] = controlRoom;
    }
  }

  /** Where message `index` lies: for IPv4 with the IP header, for IPv6 without. */
  startOf(index: number): number {
    return index * packetRoom;
  }

  endOf(index: number): number {
    return index * packetRoom + (this.#headers.words[index * headerWords + lengthWord] ?? 0);
  }

  /** Makes `packet` packet `index` of the last receive(). False: the kernel has not told its addresses. */
  read(index: number, packet: Packet): boolean {
    packet.memory = this.memory;
    packet.end = this.endOf(index);
    return this.#ipFamily === 'IPv4' ? this.#readIpv4(index, packet) : this.#readIpv6(index, packet);
  }

  #readIpv4(index: number, packet: Packet): boolean {
    const { bytes } = this.memory;
    const start = this.startOf(index);
    const headerLength = ipv4HeaderLength(bytes, start, packet.end);
    if (headerLength === -1) return false;
    packet.at = start + headerLength;
    packet.scope = 0;
    packet.mayFragment = (bytes.readUInt16BE(start + ipv4Header.fragment) & dontFragment) === 0;
    readIpv4(bytes, start + ipv4Header.source, packet.source);
    readIpv4(bytes, start + ipv4Header.destination, packet.destination);
    return true;
  }

  #readIpv6(index: number, packet: Packet): boolean {
    const control = index * controlRoom;
    const { bytes } = this.#controls;
    if (!isPacketInfo(bytes, control, 'IPv6')) return false;
    const info = control + cmsghdr.size;
    packet.at = this.startOf(index);
    packet.mayFragment = false;
    readIpv6(bytes, info + in6Pktinfo.addr, packet.destination);
    readIpv6(this.#names.bytes, index * nameRoom + sockaddrIn6.addr, packet.source);
    packet.scope = isLinkLocal(packet.source) ? bytes.readUInt32LE(info + in6Pktinfo.ifindex) : 0;
    return true;
  }
}

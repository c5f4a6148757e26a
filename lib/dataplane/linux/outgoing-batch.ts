// dataplane/linux/outgoing-batch.ts: datagrams of a batch on their way out. Neighbours of one length and for one receiver
// become one message, which the kernel cuts again as late as it can (UDP_SEGMENT, udp(7)): the way through its network
// stack is most of what a datagram costs. CPU of a round trip, 64 clients with 4 in flight: 4.1 microseconds, without 7.4.
import { IPPROTO_UDP, MSG_DONTWAIT, MSG_NOSIGNAL, UDP_SEGMENT } from '../native/abi/constants.js';
import { cmsghdr, cmsgSpace } from '../native/abi/layouts.js';
import { NativeMemory } from '../native/native-memory.js';
import * as sys from '../native/syscalls.js';
import { batchSize, DatagramHeaders, nullPointer, type Pointer, pointerTo } from './datagram-headers.js';

/** The way to one receiver: a sockaddr and a control message in native memory; of a connected socket's peer: neither. */
export interface Route {
  readonly name: Pointer;
  readonly nameLength: number;
  readonly control: Pointer;
  readonly controlLength: number;
  /** The control message itself. */
  readonly controlWords: Int32Array;
  /** Whether several datagrams may leave as one message. False for good once the kernel refused one. */
  inSegments: boolean;
}

const noWords = new Int32Array(0);

export function toPeer(inSegments: boolean): Route {
  const nothing = { name: nullPointer, nameLength: 0, control: nullPointer, controlLength: 0 };
  return { ...nothing, controlWords: noWords, inSegments };
}

/** The largest message, of all its datagrams together, that both IP families carry. */
const maxMessageBytes = 65_507;
const segmentControl = cmsgSpace(2);
/** For IPV6_PKTINFO, the larger one, and UDP_SEGMENT. */
const controlRoom = 64;

export class OutgoingBatch {
  readonly #headers: DatagramHeaders;
  readonly #controls = new NativeMemory(batchSize * controlRoom);
  readonly #controlPointers: readonly Pointer[];
  /** Of each message, its first datagram; and of the one after the last, which is the end. */
  readonly #firsts = new Int32Array(batchSize + 1);
  /** Of each datagram. */
  readonly #lengths = new Int32Array(batchSize);
  readonly #routes: Route[] = [];
  #messages = 0;
  /** Of the last message. */
  #bytes = 0;

  constructor(data: NativeMemory) {
    this.#headers = new DatagramHeaders(data);
    this.#controlPointers = Array.from({ length: batchSize }, (_, message) =>
      pointerTo(this.#controls.address + message * controlRoom),
    );
  }

  get messages(): number {
    return this.#messages;
  }

  /** The first datagram of `message`. */
  firstOf(message: number): number {
    return this.#firsts[message] ?? 0;
  }

  /** Forgets what was added; the next datagram to be added is the one that lies at place `first`. */
  begin(first: number): void {
    this.#messages = 0;
    this.#firsts[0] = first;
  }

  add(length: number, route: Route): void {
    const datagram = this.firstOf(this.#messages);
    this.#headers.setLength(datagram, length);
    this.#lengths[datagram] = length;
    this.#routes[datagram] = route;
    if (this.#isNeighbour(datagram, length, route)) this.#extend(datagram, length, route);
    else this.#append(datagram, length, route);
  }

  #isNeighbour(datagram: number, length: number, route: Route): boolean {
    return (
      route.inSegments &&
      this.#messages > 0 &&
      this.#routes[datagram - 1] === route &&
      this.#lengths[datagram - 1] === length &&
      length > 0 &&
      this.#bytes + length <= maxMessageBytes
    );
  }

  #append(datagram: number, length: number, route: Route): void {
    const message = this.#messages++;
    this.#firsts[message + 1] = datagram + 1;
    this.#bytes = length;
    this.#headers.setData(message, datagram, 1);
    this.#headers.setName(message, route.name, route.nameLength);
    this.#headers.setControl(message, route.control, route.controlLength);
  }

  #extend(datagram: number, length: number, route: Route): void {
    const message = this.#messages - 1;
    const first = this.firstOf(message);
    this.#firsts[message + 1] = datagram + 1;
    this.#bytes += length;
    this.#headers.setData(message, first, datagram + 1 - first);
    if (datagram === first + 1) this.#addSegmentControl(message, length, route);
  }

  /** The route's own control message, and one that says where to cut. */
  #addSegmentControl(message: number, length: number, route: Route): void {
    const { words } = this.#controls;
    const at = (message * controlRoom) / 4;
    for (let word = 0; word < route.controlLength / 4; word++)
      words[at + word] = route.controlWords[word] ?? 0;
    const segment = at + route.controlLength / 4;
    words[segment + cmsghdr.len / 4] = cmsghdr.size + 2;
    words[segment + cmsghdr.len / 4 + 1] = 0;
    words[segment + cmsghdr.level / 4] = IPPROTO_UDP;
    words[segment + cmsghdr.type / 4] = UDP_SEGMENT;
    words[segment + cmsghdr.size / 4] = length;
    const control = this.#controlPointers[message] ?? nullPointer;
    this.#headers.setControl(message, control, route.controlLength + segmentControl);
  }

  /**
   * After `message` was refused: makes messages of one datagram of it. Messages are counted anew from it on. False: it is
   * one already.
   */
  split(message: number): boolean {
    const first = this.firstOf(message);
    const end = this.firstOf(this.#messages);
    const route = this.#routes[first];
    if (route === undefined || this.firstOf(message + 1) === first + 1) return false;
    route.inSegments = false;
    this.begin(first);
    for (let datagram = first; datagram < end; datagram++)
      this.add(this.#lengths[datagram] ?? 0, this.#routes[datagram] ?? route);
    return true;
  }

  /**
   * How many messages from `message` on were sent, at least 1, or errno negated for that one. Fewer than there are: the
   * kernel does not say why (sendmmsg(2), BUGS).
   */
  send(fd: number, message: number): number {
    const header = this.#headers.addressOf(message);
    return sys.sendmmsg(fd, header, this.#messages - message, MSG_DONTWAIT | MSG_NOSIGNAL);
  }
}

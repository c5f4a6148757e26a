// dataplane/sctp-peer/raw-ipv4.ts: SCTP packets by a raw IPv4 socket on the event loop of the thread that asks: for peers,
// which have time. libuv can't watch a raw socket, so a thread of its pool waits in poll(2) instead.
import { constants } from 'node:os';
import koffi from 'koffi';
import { EFD_CLOEXEC, EFD_NONBLOCK } from '../native/abi/constants.js';
import { Descriptors } from '../native/descriptors.js';
import { NativeMemory } from '../native/native-memory.js';
import { encodeSockaddr } from '../native/socket-address.js';
import { Sockets } from '../native/sockets.js';
import * as sys from '../native/syscalls.js';
import { check } from '../native/system-error.js';
import { Waker } from '../native/wake.js';
import { PacketBatch } from '../sctp/raw/packet-batch.js';
import { PathMtu } from '../sctp/raw/path-mtu.js';
import { openRawSockets, type RawSockets } from '../sctp/raw/raw-sockets.js';
import { RawTransport } from '../sctp/raw/raw-transport.js';
import { Packet } from '../sctp/relay/packet.js';
import { headroom } from '../sctp/relay/transport.js';
import { commonHeader } from '../sctp/wire/format.js';
import { IcmpError } from '../sctp/wire/icmp.js';
import { ipv4HeaderLength } from '../sctp/wire/ip-header.js';
import { ipText, ipWords } from '../sctp/wire/ip-words.js';

const { EMSGSIZE } = constants.errno;
const poll = koffi.load(null).func('int poll(size_t, uint64_t, int)');

/** <poll.h>: struct pollfd {int fd; short events; short revents;} */
const pollfdBytes = 8;
const POLLIN = 1;
/** It is woken when it is to end; this is for a wake-up that got lost. */
const pollMs = 1000;
const owner = 1;
const packetRoom = 65_536;
/** IPv4 leaves it to the kernel where a packet leaves from. */
const anySource = '0.0.0.0';
const fragmentAt = 576;

export interface RawIpv4Handler {
  /** An SCTP packet, intact by its checksum, in memory that is the receiver's to keep. */
  packet(sctp: Buffer, from: string, to: string): void;
  /** A router or the host itself has said that a packet of ours can't be delivered. */
  unreachable(error: UnreachablePacket): void;
}

export interface UnreachablePacket {
  readonly peer: string;
  readonly peerPort: number;
  readonly localPort: number;
}

/** A raw socket keeps the process alive until it is closed. */
export class RawIpv4 {
  readonly #descriptors = new Descriptors(owner, undefined);
  readonly #sockets: RawSockets;
  readonly #transport = new RawTransport(new PathMtu(new Sockets(this.#descriptors)));
  readonly #batch = new PacketBatch('IPv4');
  readonly #outgoing = new NativeMemory(headroom + packetRoom);
  readonly #packet = new Packet(this.#outgoing);
  readonly #icmpError = new IcmpError();
  readonly #pollfds = new NativeMemory(3 * pollfdBytes);
  readonly #waker = new Waker();
  readonly #wakeFd: number;
  readonly #handler: RawIpv4Handler;
  readonly #wake = (): void => this.#waker.wake(this.#wakeFd);
  readonly #closed: Promise<void>;
  #isClosing = false;

  /**
   * Throws SystemError: EPERM without CAP_NET_RAW, EADDRNOTAVAIL where `address` is not an address of this host.
   * @param address only what is sent there is seen; undefined: whatever comes to any address of the host
   */
  constructor(handler: RawIpv4Handler, address?: string) {
    this.#handler = handler;
    this.#sockets = openRawSockets('IPv4', this.#descriptors);
    try {
      if (address !== undefined) this.#bind(address);
      const fd = check(sys.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK), 'eventfd', 'of a raw socket');
      this.#wakeFd = this.#descriptors.adopt(fd);
    } catch (error) {
      this.#closeSockets();
      throw error;
    }
    this.#transport.use(this.#sockets);
    [this.#sockets.sctp, this.#sockets.icmp, this.#wakeFd].forEach((watched, index) => {
      this.#pollfds.bytes.writeInt32LE(watched, index * pollfdBytes);
      this.#pollfds.bytes.writeInt16LE(POLLIN, index * pollfdBytes + 4);
    });
    // A pool thread that still waits would keep the process from ending.
    process.on('exit', this.#wake);
    this.#closed = new Promise((resolve) => this.#wait(resolve));
  }

  #bind(address: string): void {
    const sockaddr = encodeSockaddr({ ip: address, port: 0 });
    const sockets = new Sockets(this.#descriptors);
    check(sockets.bind(this.#sockets.sctp, sockaddr), 'bind', address);
  }

  /** 0, or errno negated. @param from undefined: the kernel chooses */
  send(sctp: Uint8Array, from: string | undefined, to: string): number {
    if (this.#isClosing) return 0;
    const memory = this.#outgoing;
    const end = headroom + sctp.length;
    memory.bytes.set(sctp, headroom);
    const route = { local: ipWords(from ?? anySource), peer: ipWords(to), scope: 0 };
    const sent = this.#transport.send(memory, headroom, end, route);
    if (sent !== -EMSGSIZE) return sent;
    const mtu = this.#transport.pathMtu(route) || fragmentAt;
    return this.#transport.sendFragmented(memory, headroom, end, route, mtu);
  }

  #wait(done: () => void): void {
    poll.async(this.#pollfds.address, 3, pollMs, () => {
      if (this.#isClosing) {
        done();
        return;
      }
      this.#receivePackets();
      this.#receiveErrors();
      this.#wait(done);
    });
  }

  #receivePackets(): void {
    const count = this.#batch.receive(this.#sockets.sctp);
    const packet = this.#packet;
    for (let index = 0; index < count; index++) {
      if (!this.#batch.read(index, packet)) continue;
      if (!packet.readHeader() || !packet.isUnicast() || !packet.isIntact()) continue;
      const copy = Buffer.from(packet.memory.bytes.subarray(packet.at, packet.end));
      // Who sent it may have left it to a network card; whoever reads the copy expects it.
      copy.writeInt32LE(packet.checksum, commonHeader.checksum);
      this.#handler.packet(copy, ipText(packet.source), ipText(packet.destination));
    }
  }

  #receiveErrors(): void {
    const count = this.#batch.receive(this.#sockets.icmp);
    const { bytes } = this.#batch.memory;
    const error = this.#icmpError;
    for (let index = 0; index < count; index++) {
      const end = this.#batch.endOf(index);
      const start = this.#batch.startOf(index);
      const headerLength = ipv4HeaderLength(bytes, start, end);
      if (headerLength === -1 || !error.read('IPv4', bytes, start + headerLength, end)) continue;
      if (error.kind !== 'unreachable') continue;
      const { destination, destinationPort: peerPort, sourcePort: localPort } = error;
      this.#handler.unreachable({ peer: ipText(destination), peerPort, localPort });
    }
  }

  /** Nothing is sent or delivered any more. Idempotent. */
  close(): Promise<void> {
    if (!this.#isClosing) {
      this.#isClosing = true;
      this.#wake();
      void this.#closed.then(() => {
        process.off('exit', this.#wake);
        this.#closeSockets();
        this.#descriptors.close(this.#wakeFd);
      });
    }
    return this.#closed;
  }

  #closeSockets(): void {
    this.#descriptors.close(this.#sockets.sctp);
    this.#descriptors.close(this.#sockets.icmp);
  }
}

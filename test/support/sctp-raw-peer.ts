// test/support/sctp-raw-peer.ts: SCTP peers on raw sockets, just clever enough for a handshake by hand and an echo. Only for
// namespaces made for a test: whatever else speaks SCTP there would be confused.
import { setTimeout as sleep } from 'node:timers/promises';
import koffi from 'koffi';
import { AF_INET, AF_INET6, SOCK_NONBLOCK } from '../../lib/dataplane/native/abi/constants.js';
import { NativeMemory } from '../../lib/dataplane/native/native-memory.js';
import { encodeSockaddr, ipOf } from '../../lib/dataplane/native/socket-address.js';
import * as sys from '../../lib/dataplane/native/syscalls.js';
import { check } from '../../lib/dataplane/native/system-error.js';
import { sendto } from '../../lib/dataplane/sctp/raw/syscalls.js';
import type { IpFamily } from '../../lib/model/ip.js';
import {
  type Chunk,
  chunk,
  data,
  init,
  initiateTagOf,
  parameter,
  parametersOf,
  parseSctp,
  type SctpPacket,
  sctp,
  types,
} from './sctp-packets.js';

const recvfrom: (...args: readonly number[]) => number = koffi
  .load(null)
  .func('int64_t recvfrom(int, size_t, size_t, int, size_t, size_t)');

const rawSocket = 3;
const sctpProtocol = 132;
/** IP_MTU_DISCOVER: IP_PMTUDISC_DONT (<netinet/in.h>). */
const neverDiscoverMtu = { level: 0, option: 10, value: 0 };
/** SO_RCVBUFFORCE (<asm-generic/socket.h>), in bytes. */
const receiveBuffer = { level: 1, option: 33, value: 16 * 1024 * 1024 };
/** IPV6_RECVERR. */
const receiveErrors = { level: 41, option: 25, value: 1 };

/** A raw socket at one address; it sees every packet of SCTP for it. */
export class RawPeer {
  readonly ip: string;
  readonly #fd: number;
  readonly #memory = new NativeMemory(65_536);
  readonly #sockaddr = new NativeMemory(32);
  readonly #length = new NativeMemory(8);

  /** @param discoversMtu learns the path's MTU from ICMP, as SCTP does */
  constructor(ip: string, discoversMtu = false) {
    this.ip = ip;
    const isV6 = ip.includes(':');
    const family = isV6 ? AF_INET6 : AF_INET;
    this.#fd = check(sys.socket(family, rawSocket | SOCK_NONBLOCK, sctpProtocol), 'socket', 'of a raw peer');
    const sockaddr = encodeSockaddr({ ip, port: 0 });
    this.#sockaddr.bytes.set(sockaddr);
    check(sys.bind(this.#fd, this.#sockaddr.address, sockaddr.length), 'bind', ip);
    // Nothing is sent again here, so nothing may be lost while this process is busy.
    this.#memory.words[0] = receiveBuffer.value;
    const { level: socketLevel, option: force } = receiveBuffer;
    sys.setsockopt(this.#fd, socketLevel, force, this.#memory.address, 4);
    if (discoversMtu !== isV6) return;
    // An IPv6 socket takes "too big" to heart only where it asks for errors; an IPv4 one lets the kernel cut up what is
    // too big, as an old sender would.
    const { level, option, value } = isV6 ? receiveErrors : neverDiscoverMtu;
    this.#memory.words[0] = value;
    sys.setsockopt(this.#fd, level, option, this.#memory.address, 4);
  }

  send(to: string, packet: Buffer): void {
    const sockaddr = encodeSockaddr({ ip: to, port: 0 });
    this.#sockaddr.bytes.set(sockaddr);
    this.#memory.bytes.set(packet);
    const { address } = this.#memory;
    const sent = sendto(this.#fd, address, packet.length, 0, this.#sockaddr.address, sockaddr.length);
    check(sent, 'sendto', to);
  }

  /** The next packet that is there; undefined: none. */
  take(): { readonly from: string; readonly bytes: Buffer } | undefined {
    const { address, bytes } = this.#memory;
    this.#length.words[0] = 32;
    const length = recvfrom(this.#fd, address, 65_536, 0, this.#sockaddr.address, this.#length.address);
    if (length < 0) return undefined;
    const ipFamily: IpFamily = this.ip.includes(':') ? 'IPv6' : 'IPv4';
    const start = ipFamily === 'IPv6' ? 0 : ((bytes[0] ?? 0) & 15) << 2;
    return { from: ipOf(this.#sockaddr.bytes, ipFamily), bytes: Buffer.from(bytes.subarray(start, length)) };
  }

  close(): void {
    sys.close(this.#fd);
  }
}

/** One association of a client. */
export class RawClient {
  readonly #peer: RawPeer;
  readonly #port: number;
  readonly #to: { readonly ip: string; readonly port: number };
  readonly tag: number;
  endpointTag = 0;
  #tsn = 1;

  constructor(peer: RawPeer, port: number, to: { readonly ip: string; readonly port: number }) {
    this.#peer = peer;
    this.#port = port;
    this.#to = to;
    this.tag = (0x1000_0000 + port) >>> 0;
  }

  send(chunks: readonly Buffer[], tag = this.endpointTag): void {
    this.#peer.send(this.#to.ip, sctp(this.#port, this.#to.port, tag, chunks));
  }

  /** The next packet for this association; undefined: there was none in time. */
  async receive(timeoutMs = 3000): Promise<SctpPacket | undefined> {
    const deadline = performance.now() + timeoutMs;
    while (performance.now() < deadline) {
      const taken = this.#peer.take();
      if (taken === undefined) {
        await sleep(1);
        continue;
      }
      // An answer from any other address is none.
      if (taken.from !== this.#to.ip) continue;
      const packet = parseSctp(taken.bytes);
      if (packet.sourcePort === this.#to.port && packet.destinationPort === this.#port) return packet;
    }
    return undefined;
  }

  /** Resolves with the endpoint's name, which its cookie holds; undefined: refused, or no answer. */
  async connect(parameters: readonly Buffer[] = [], timeoutMs = 3000): Promise<string | undefined> {
    this.send([init(this.tag, parameters)], 0);
    const ack = (await this.receive(timeoutMs))?.chunks[0];
    if (ack?.type !== types.initAck) return undefined;
    this.endpointTag = initiateTagOf(ack);
    const cookie = parametersOf(ack).find(({ type }) => type === 7)?.body ?? Buffer.alloc(0);
    this.send([chunk(types.cookieEcho, cookie)]);
    const done = await this.receive(timeoutMs);
    return done?.chunks[0]?.type === types.cookieAck ? cookie.toString().split(' ')[1] : undefined;
  }

  /** What the endpoint makes of each message: all that come back, in order. */
  async exchange(messages: readonly Buffer[], timeoutMs = 3000): Promise<readonly Buffer[]> {
    this.send(messages.map((message) => data(message, this.#tsn++)));
    const back: Buffer[] = [];
    while (back.length < messages.length) {
      const packet = await this.receive(timeoutMs);
      if (packet === undefined) return back;
      const found = packet.chunks.filter(({ type }) => type === types.data);
      back.push(...found.map(({ body }) => body.subarray(12)));
    }
    return back;
  }
}

/** An echo server: answers INIT, COOKIE ECHO, DATA and SHUTDOWN, and keeps nothing but what it has seen. */
export class RawServer {
  readonly seen: SctpPacket[] = [];
  /** False: it says nothing. */
  isUp = true;
  readonly #peer: RawPeer;
  readonly #port: number;
  readonly #name: string;
  #isClosed = false;

  constructor(ip: string, port: number, name: string) {
    this.#peer = new RawPeer(ip);
    this.#port = port;
    this.#name = name;
    void this.#serve();
  }

  async #serve(): Promise<void> {
    while (!this.#isClosed) {
      const taken = this.#peer.take();
      if (taken === undefined) await sleep(1);
      else this.#receive(taken.from, parseSctp(taken.bytes));
    }
    this.#peer.close();
  }

  #receive(from: string, packet: SctpPacket): void {
    if (packet.destinationPort !== this.#port) return;
    this.seen.push(packet);
    if (!this.isUp || !packet.checksumIsRight) return;
    for (const answer of packet.chunks) this.#answer(from, packet, answer);
  }

  /** Its tags are the client's plus one, so that it need not remember them. */
  #answer(from: string, { sourcePort, tag }: SctpPacket, { type, body }: Chunk): void {
    const reply = (chunks: readonly Buffer[], to = (tag - 1) >>> 0): void =>
      this.#peer.send(from, sctp(this.#port, sourcePort, to, chunks));
    if (type === types.init) {
      const clientTag = body.readUInt32BE(0);
      const cookie = parameter(7, Buffer.from(`cookie ${this.#name}`));
      const address = parameter(5, Buffer.of(192, 0, 2, 1));
      reply([init((clientTag + 1) >>> 0, [address, cookie], types.initAck)], clientTag);
    } else if (type === types.cookieEcho) reply([chunk(types.cookieAck)]);
    else if (type === types.data) reply([data(body.subarray(12), body.readUInt32BE(0))]);
    else if (type === types.shutdown) reply([chunk(types.shutdownAck)]);
  }

  close(): void {
    this.#isClosed = true;
  }
}

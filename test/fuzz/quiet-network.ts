// test/fuzz/quiet-network.ts: a relay for a million packets: what it sends is kept only until the next packet comes in, and
// nothing is taken apart.
import { listenerBalancer } from '../../lib/balance/listener-balancer.js';
import {
  createListenerBlock,
  createTotals,
  readTotals,
  Totals,
} from '../../lib/dataplane/sctp/relay/counters.js';
import { defaultRelayOptions } from '../../lib/dataplane/sctp/relay/options.js';
import { Packet } from '../../lib/dataplane/sctp/relay/packet.js';
import { Relay } from '../../lib/dataplane/sctp/relay/relay.js';
import { RelayListener } from '../../lib/dataplane/sctp/relay/relay-listener.js';
import type { PacketMemory, Route } from '../../lib/dataplane/sctp/relay/transport.js';
import { IcmpError } from '../../lib/dataplane/sctp/wire/icmp.js';
import { type IpWords, isIpv4 } from '../../lib/dataplane/sctp/wire/ip-words.js';
import type { EndpointAddress } from '../../lib/model/endpoint.js';
import { pickMemory } from '../dataplane/native/pick-memory.js';
import type { Random } from './random.js';

export interface QuietSent {
  readonly peer: IpWords;
  readonly bytes: Buffer;
}

export const proxyPort = 10_000;
export const maxHalfOpen = 512;

export class QuietNetwork {
  nowMs = 1_000_000;
  sent: QuietSent[] = [];
  /** While it is false the kernel refuses a packet now and then. */
  isReliable = false;
  /** The longest that the relay took for one packet, in milliseconds of the processor: others may hold it meanwhile. */
  slowestMs = 0;
  readonly #memory: PacketMemory = { bytes: Buffer.alloc(70_000), address: 0 };
  readonly #packet = new Packet(this.#memory);
  readonly #icmpError = new IcmpError();
  readonly #totals = createTotals();
  readonly #relay: Relay;

  constructor(random: Random, endpoints: readonly EndpointAddress[], endpoints6: readonly EndpointAddress[]) {
    const keep = (memory: PacketMemory, at: number, end: number, { peer }: Route): number => {
      // Now and then the kernel refuses, or the path takes less.
      if (!this.isReliable && random.chance(0.02)) return random.pick([-90, -101, -11, -1]);
      this.sent.push({ peer, bytes: Buffer.from(memory.bytes.subarray(at, end)) });
      return 0;
    };
    this.#relay = new Relay({
      options: { ...defaultRelayOptions, endpointSetAsideMs: 5000, maxHalfOpen, maxFlows: 4096 },
      scratch: { bytes: Buffer.alloc(2048), address: 0 },
      totals: new Totals(this.#totals),
      now: () => this.nowMs,
      random: (limit) => random.below(limit),
      warn: () => {},
      transport: {
        send: keep,
        sendFragmented: keep,
        sendIcmp: () => 0,
        pathMtu: () => random.pick([0, 1280, 1500]),
      },
    });
    this.#listen(endpoints, 1);
    this.#listen(endpoints6, 2);
  }

  #listen(endpoints: readonly EndpointAddress[], id: number): void {
    const listener = new RelayListener(
      {
        id,
        port: proxyPort,
        ipFamily: id === 1 ? 'IPv4' : 'IPv6',
        balancer: listenerBalancer({ setAsideMs: 5000 }),
        counters: new Float64Array(createListenerBlock()),
      },
      pickMemory(),
    );
    const shared = endpoints.map((endpoint, place) => ({ ...endpoint, id: place, place }));
    listener.update({ endpoints: shared, resting: [] });
    this.#relay.listen(listener);
  }

  totals(): ReturnType<typeof readTotals> {
    return readTotals(this.#totals);
  }

  arrive(source: IpWords, destination: IpWords, bytes: Buffer): readonly QuietSent[] {
    const packet = this.#packet;
    this.sent = [];
    this.#memory.bytes.set(bytes, 100);
    packet.memory = this.#memory;
    packet.at = 100;
    packet.end = 100 + bytes.length;
    packet.source.set(source);
    packet.destination.set(destination);
    this.#timed(() => this.#relay.receive(packet));
    return this.sent;
  }

  arriveIcmp(local: IpWords, bytes: Buffer): void {
    this.sent = [];
    const family = isIpv4(local) ? 'IPv4' : 'IPv6';
    this.#timed(() => {
      if (this.#icmpError.read(family, bytes, 0, bytes.length)) this.#relay.receiveIcmp(this.#icmpError);
    });
  }

  advance(ms: number): void {
    this.nowMs += ms;
    this.#timed(() => this.#relay.advance());
  }

  #timed(act: () => void): void {
    const start = process.cpuUsage();
    act();
    const { user, system } = process.cpuUsage(start);
    const tookMs = (user + system) / 1000;
    if (tookMs > this.slowestMs) this.slowestMs = tookMs;
  }
}

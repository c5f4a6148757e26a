// dataplane/sctp/relay/fake-network.ts: a relay without a kernel: packets are handed to it and those that it sends are kept,
// time stands still until it is moved, ports come from a counter.
import type { BalancerConfig } from '../../../../lib/balance/balancer.js';
import { listenerBalancer } from '../../../../lib/balance/listener-balancer.js';
import { addUp } from '../../../../lib/dataplane/native/counter-block.js';
import {
  createListenerBlock,
  createTotals,
  readTotals,
  rxPackets,
  type SctpTotals,
  Totals,
  txPackets,
} from '../../../../lib/dataplane/sctp/relay/counters.js';
import { defaultRelayOptions, type RelayOptions } from '../../../../lib/dataplane/sctp/relay/options.js';
import { Packet } from '../../../../lib/dataplane/sctp/relay/packet.js';
import { Relay } from '../../../../lib/dataplane/sctp/relay/relay.js';
import { RelayListener } from '../../../../lib/dataplane/sctp/relay/relay-listener.js';
import type { PacketMemory, Route } from '../../../../lib/dataplane/sctp/relay/transport.js';
import { IcmpError } from '../../../../lib/dataplane/sctp/wire/icmp.js';
import { ipText, ipWords } from '../../../../lib/dataplane/sctp/wire/ip-words.js';
import type { EndpointAddress } from '../../../../lib/model/endpoint.js';
import type { IpFamily } from '../../../../lib/model/ip.js';
import { init, parameter, parseSctp, type SctpPacket, sctp, types } from '../../../support/sctp-packets.js';
import { pickMemory } from '../../native/pick-memory.js';

export interface Sent extends SctpPacket {
  readonly from: string;
  readonly to: string;
  readonly bytes: Buffer;
  /** Set where it went out in fragments of this size. */
  readonly fragmented?: number;
}

export interface SentIcmp {
  readonly from: string;
  readonly to: string;
  readonly bytes: Buffer;
}

export interface Arrival {
  readonly from: string;
  readonly to: string;
  readonly bytes: Buffer;
  readonly mayFragment?: boolean;
}

export interface FakeListener {
  readonly listener: RelayListener;
  /** @param more resting endpoints, session affinity */
  update(endpoints: readonly EndpointAddress[], more?: Partial<Omit<BalancerConfig, 'endpoints'>>): void;
  counters(): ReturnType<typeof addUp> & { readonly rxPackets: number; readonly txPackets: number };
  picks(): readonly number[];
}

export class FakeNetwork {
  readonly relay: Relay;
  sent: Sent[] = [];
  icmp: SentIcmp[] = [];
  warnings: string[] = [];
  nowMs = 1_000_000;
  /** Of the path to an address; absent: anything fits. */
  readonly mtus = new Map<string, number>();
  /** What the kernel says to a packet for an address, negated errno. */
  readonly errors = new Map<string, number>();
  readonly #memory: PacketMemory = { bytes: Buffer.alloc(70_000), address: 0 };
  readonly #packet = new Packet(this.#memory);
  readonly #totals = createTotals();
  #nextPort = 0;
  #nextId = 1;

  constructor(options: Partial<RelayOptions> = {}) {
    const send = (memory: PacketMemory, at: number, end: number, route: Route): number => {
      const to = ipText(route.peer);
      const error = this.errors.get(to);
      if (error !== undefined) return error;
      const mtu = this.mtus.get(to) ?? 65_535;
      if (end - at + 20 > mtu) return -90;
      this.#keep(memory, at, end, route);
      return 0;
    };
    this.relay = new Relay({
      options: { ...defaultRelayOptions, endpointSetAsideMs: 5000, ...options },
      scratch: { bytes: Buffer.alloc(2048), address: 0 },
      totals: new Totals(this.#totals),
      now: () => this.nowMs,
      random: (limit) => this.#nextPort++ % limit,
      warn: (message) => this.warnings.push(message),
      transport: {
        send,
        sendFragmented: (memory, at, end, route, mtu) => {
          this.#keep(memory, at, end, route, mtu);
          return 0;
        },
        sendIcmp: (memory, at, end, route) => {
          const bytes = Buffer.from(memory.bytes.subarray(at, end));
          this.icmp.push({ from: ipText(route.local), to: ipText(route.peer), bytes });
          return 0;
        },
        pathMtu: (route) => this.mtus.get(ipText(route.peer)) ?? 0,
      },
    });
  }

  #keep(memory: PacketMemory, at: number, end: number, route: Route, fragmented?: number): void {
    const bytes = Buffer.from(memory.bytes.subarray(at, end));
    const from = ipText(route.local);
    const to = ipText(route.peer);
    this.sent.push({ ...parseSctp(bytes), from, to, bytes, ...(fragmented !== undefined && { fragmented }) });
  }

  listen(port: number, endpoints: readonly EndpointAddress[], ipFamily: IpFamily = 'IPv4'): FakeListener {
    const memory = new Float64Array(createListenerBlock());
    const picks = new SharedArrayBuffer(64 * 8);
    const shared = (addresses: readonly EndpointAddress[]) => ({
      endpoints: addresses.map((address, place) => ({ ...address, id: place, place })),
      resting: [],
    });
    const listener = new RelayListener(
      {
        id: this.#nextId++,
        port,
        ipFamily,
        balancer: listenerBalancer({ setAsideMs: 5000 }),
        counters: memory,
      },
      pickMemory(picks),
    );
    listener.update(shared(endpoints));
    this.relay.listen(listener);
    return {
      listener,
      update: (next, more) => this.relay.update(listener, { ...shared(next), ...more }),
      counters: () => ({
        ...addUp([memory]),
        rxPackets: memory[rxPackets] ?? 0,
        txPackets: memory[txPackets] ?? 0,
      }),
      picks: () => [...new Float64Array(picks)].slice(0, endpoints.length),
    };
  }

  totals(): SctpTotals {
    return readTotals(this.#totals);
  }

  /** A packet comes in; what the relay sends because of it. */
  arrive({ from, to, bytes, mayFragment = false }: Arrival): readonly Sent[] {
    const before = this.sent.length;
    const packet = this.#packet;
    this.#memory.bytes.set(bytes, 100);
    packet.memory = this.#memory;
    packet.at = 100;
    packet.end = 100 + bytes.length;
    packet.source.set(ipWords(from));
    packet.destination.set(ipWords(to));
    packet.mayFragment = mayFragment;
    this.relay.receive(packet);
    return this.sent.slice(before);
  }

  /** An ICMP message comes in, its own header first. */
  arriveIcmp(bytes: Buffer, ipFamily: IpFamily = 'IPv4'): readonly Sent[] {
    const before = this.sent.length;
    const error = new IcmpError();
    if (error.read(ipFamily, bytes, 0, bytes.length)) this.relay.receiveIcmp(error);
    return this.sent.slice(before);
  }

  /** Time goes by; what the relay sends meanwhile. */
  wait(ms: number): readonly Sent[] {
    const before = this.sent.length;
    const end = this.nowMs + ms;
    while (this.nowMs < end) {
      this.nowMs = Math.min(end, this.nowMs + 10);
      this.relay.advance();
    }
    return this.sent.slice(before);
  }
}

export interface FakeAssociation {
  /** Chunks from the client; what the relay sends. */
  fromClient(chunks: readonly Buffer[], tag?: number): readonly Sent[];
  fromEndpoint(chunks: readonly Buffer[], tag?: number): readonly Sent[];
  readonly clientTag: number;
  readonly endpointTag: number;
  readonly relayPort: number;
  /** The endpoint's `ip`. */
  readonly endpoint: string;
}

export interface AssociationEnds {
  readonly client: string;
  readonly clientPort: number;
  readonly local: string;
  readonly port: number;
  readonly clientTag: number;
  readonly endpointTag: number;
}

export const cookie: Buffer = parameter(7, Buffer.from('a cookie'));

export function initFrom(
  network: FakeNetwork,
  ends: AssociationEnds,
  parameters: readonly Buffer[] = [],
): readonly Sent[] {
  const bytes = sctp(ends.clientPort, ends.port, 0, [init(ends.clientTag, parameters)]);
  return network.arrive({ from: ends.client, to: ends.local, bytes });
}

/** The whole handshake; throws where the relay does not play its part. */
export function associate(
  network: FakeNetwork,
  ends: AssociationEnds,
  reachedAt = '10.0.0.9',
): FakeAssociation {
  const [sentInit] = initFrom(network, ends);
  if (sentInit === undefined) throw new Error('no INIT was sent on');
  const { clientTag, endpointTag } = ends;
  const association: FakeAssociation = {
    fromClient: (chunks, tag = endpointTag) =>
      network.arrive({
        from: ends.client,
        to: ends.local,
        bytes: sctp(ends.clientPort, ends.port, tag, chunks),
      }),
    fromEndpoint: (chunks, tag = clientTag) =>
      network.arrive({
        from: sentInit.to,
        to: reachedAt,
        bytes: sctp(sentInit.destinationPort, sentInit.sourcePort, tag, chunks),
      }),
    clientTag,
    endpointTag,
    relayPort: sentInit.sourcePort,
    endpoint: sentInit.to,
  };
  const steps = [
    association.fromEndpoint([init(endpointTag, [cookie], types.initAck)]),
    association.fromClient([Buffer.from([types.cookieEcho, 0, 0, 4])]),
    association.fromEndpoint([Buffer.from([types.cookieAck, 0, 0, 4])]),
  ];
  if (steps.some((sent) => sent.length !== 1)) throw new Error('a step of the handshake was not relayed');
  return association;
}

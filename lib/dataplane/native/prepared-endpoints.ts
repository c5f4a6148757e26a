// dataplane/native/prepared-endpoints.ts: a listener's endpoints as a thread uses them: the sockaddr for connect(), and the
// place in shared memory where its picks are counted.
import type { EndpointAddress } from '../../model/endpoint.js';
import { everyPort, type PortRange } from './ephemeral-ports.js';
import { encodeSockaddr, ipOf, portOf } from './socket-address.js';

/** As the main thread sends it; its number, and where its picks are counted, were decided there (pick-slots.ts). */
export interface SharedEndpoint extends EndpointAddress {
  /** Nobody else's. One that leaves and comes back has the same, unless its connections were cut meanwhile. */
  readonly id: number;
  /** Among the listener's segments of picks. */
  readonly segment: number;
  readonly offset: number;
}

export class PreparedEndpoint {
  readonly address: EndpointAddress;
  readonly id: number;
  /** Its port is one of those that the kernel gives to dials: one to it may be connected to itself. */
  readonly isEphemeral: boolean;
  readonly #picks: Float64Array;
  readonly #offset: number;
  #sockaddr: Uint8Array | undefined;

  constructor(address: SharedEndpoint, isEphemeral: boolean, picks: Float64Array) {
    this.address = address;
    this.id = address.id;
    this.isEphemeral = isEphemeral;
    this.#picks = picks;
    this.#offset = address.offset;
  }

  /**
   * Made at its first use: an update of 5,000 endpoints, of which few are dialled before the next one, would else hold up
   * all that the thread relays for some milliseconds.
   */
  get sockaddr(): Uint8Array {
    this.#sockaddr ??= encodeSockaddr(this.address);
    return this.#sockaddr;
  }

  pick(): void {
    this.#picks[this.#offset] = (this.#picks[this.#offset] ?? 0) + 1;
  }

  /** Whether `sockaddr` names this endpoint. */
  isAt(sockaddr: Buffer): boolean {
    const { ip, port } = this.address;
    return portOf(sockaddr) === port && ipOf(sockaddr, ip.includes(':') ? 'IPv6' : 'IPv4') === ip;
  }
}

export class PreparedEndpoints {
  readonly #ephemeralPorts: PortRange;
  readonly #segments: Float64Array[] = [];
  #byAddress = new Map<EndpointAddress, PreparedEndpoint>();

  /** @param ephemeralPorts of no use where nothing is dialled, as with UDP */
  constructor(ephemeralPorts = everyPort) {
    this.#ephemeralPorts = ephemeralPorts;
  }

  /** @param segments new ones, after those that are known */
  update(endpoints: readonly SharedEndpoint[], segments: readonly SharedArrayBuffer[]): void {
    for (const segment of segments) this.#segments.push(new Float64Array(segment));
    this.#byAddress = new Map(
      endpoints.map((endpoint) => {
        const picks = this.#segments[endpoint.segment];
        if (picks === undefined) throw new Error(`no segment ${endpoint.segment} for picks`);
        const { first, last } = this.#ephemeralPorts;
        const isEphemeral = endpoint.port >= first && endpoint.port <= last;
        return [endpoint, new PreparedEndpoint(endpoint, isEphemeral, picks)];
      }),
    );
  }

  /** Of an address that the Balancer has just given: it is among the last update()'s, as a rule the same object. */
  of(address: EndpointAddress): PreparedEndpoint {
    const prepared = this.#byAddress.get(address) ?? this.#find(address);
    if (prepared === undefined)
      throw new Error(`endpoint ${address.ip} port ${address.port} was not prepared`);
    return prepared;
  }

  #find({ ip, port }: EndpointAddress): PreparedEndpoint | undefined {
    for (const prepared of this.#byAddress.values()) {
      if (prepared.address.ip === ip && prepared.address.port === port) return prepared;
    }
    return undefined;
  }
}

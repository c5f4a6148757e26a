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

export class PreparedEndpoint implements EndpointAddress {
  readonly ip: string;
  readonly port: number;
  readonly id: number;
  /** Which update() has made it. */
  readonly update: number;
  /** Its port is one of those that the kernel gives to dials: one to it may be connected to itself. */
  readonly isEphemeral: boolean;
  readonly #picks: Float64Array;
  readonly #offset: number;
  #sockaddr: Uint8Array | undefined;

  constructor(
    { ip, port, id, offset }: SharedEndpoint,
    update: number,
    isEphemeral: boolean,
    picks: Float64Array,
  ) {
    this.ip = ip;
    this.port = port;
    this.id = id;
    this.update = update;
    this.isEphemeral = isEphemeral;
    this.#picks = picks;
    this.#offset = offset;
  }

  /**
   * Made at its first use: an update of 5,000 endpoints, of which few are dialled before the next one, would else hold up
   * all that the thread relays for some milliseconds.
   */
  get sockaddr(): Uint8Array {
    this.#sockaddr ??= encodeSockaddr(this);
    return this.#sockaddr;
  }

  pick(): void {
    this.#picks[this.#offset] = (this.#picks[this.#offset] ?? 0) + 1;
  }

  /** Whether `sockaddr` names this endpoint. */
  isAt(sockaddr: Buffer): boolean {
    const { ip, port } = this;
    return portOf(sockaddr) === port && ipOf(sockaddr, ip.includes(':') ? 'IPv6' : 'IPv4') === ip;
  }
}

export class PreparedEndpoints {
  readonly #ephemeralPorts: PortRange;
  readonly #segments: Float64Array[] = [];
  #endpoints: readonly PreparedEndpoint[] = [];
  #updates = 0;

  /** @param ephemeralPorts of no use where nothing is dialled, as with UDP */
  constructor(ephemeralPorts = everyPort) {
    this.#ephemeralPorts = ephemeralPorts;
  }

  /**
   * The endpoints, for the Balancer as well: there are many, and nobody needs them twice.
   * @param segments new ones, after those that are known
   */
  update(
    endpoints: readonly SharedEndpoint[],
    segments: readonly SharedArrayBuffer[],
  ): readonly PreparedEndpoint[] {
    for (const segment of segments) this.#segments.push(new Float64Array(segment));
    this.#updates += 1;
    this.#endpoints = endpoints.map((endpoint) => this.#prepare(endpoint));
    return this.#endpoints;
  }

  #prepare(endpoint: SharedEndpoint): PreparedEndpoint {
    const picks = this.#segments[endpoint.segment];
    if (picks === undefined) throw new Error(`no segment ${endpoint.segment} for picks`);
    const { first, last } = this.#ephemeralPorts;
    const isEphemeral = endpoint.port >= first && endpoint.port <= last;
    return new PreparedEndpoint(endpoint, this.#updates, isEphemeral, picks);
  }

  /** Of an address that the Balancer has just given: it is among the last update()'s, as a rule the same object. */
  of(address: EndpointAddress): PreparedEndpoint {
    if (address instanceof PreparedEndpoint && address.update === this.#updates) return address;
    const { ip, port } = address;
    const prepared = this.#endpoints.find((one) => one.ip === ip && one.port === port);
    if (prepared === undefined) throw new Error(`endpoint ${ip} port ${port} was not prepared`);
    return prepared;
  }
}

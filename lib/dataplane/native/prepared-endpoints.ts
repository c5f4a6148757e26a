// dataplane/native/prepared-endpoints.ts: a listener's endpoints as a thread uses them: the sockaddr for connect(), and the
// place in shared memory where its picks are counted.
import type { EndpointAddress } from '../../model/endpoint.js';
import { count } from './counter-block.js';
import { everyPort, type PortRange } from './ephemeral-ports.js';
import type { PickMemory } from './pick-places.js';
import { encodeSockaddr, ipOf, portOf } from './socket-address.js';

/** As the main thread sends it; its number, and where its picks are counted, were decided there (pick-slots.ts). */
export interface SharedEndpoint extends EndpointAddress {
  /** Nobody else's. One that leaves and comes back has the same, unless its connections were cut meanwhile. */
  readonly id: number;
  /** Where its picks are counted; see pick-places.ts. */
  readonly place: number;
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
    { ip, port, id, place }: SharedEndpoint,
    update: number,
    isEphemeral: boolean,
    picks: PickMemory,
  ) {
    const { numbers, offset } = picks.at(place);
    this.ip = ip;
    this.port = port;
    this.id = id;
    this.update = update;
    this.isEphemeral = isEphemeral;
    this.#picks = numbers;
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
    count(this.#picks, this.#offset);
  }

  /** Whether `sockaddr` names this endpoint. */
  isAt(sockaddr: Buffer): boolean {
    const { ip, port } = this;
    return portOf(sockaddr) === port && ipOf(sockaddr, ip.includes(':') ? 'IPv6' : 'IPv4') === ip;
  }
}

export class PreparedEndpoints {
  readonly #picks: PickMemory;
  readonly #ephemeralPorts: PortRange;
  #endpoints: readonly PreparedEndpoint[] = [];
  #updates = 0;

  /** @param ephemeralPorts of no use where nothing is dialled, as with UDP */
  constructor(picks: PickMemory, ephemeralPorts = everyPort) {
    this.#picks = picks;
    this.#ephemeralPorts = ephemeralPorts;
  }

  /** The endpoints, for the Balancer as well: there are many, and nobody needs them twice. */
  update(endpoints: readonly SharedEndpoint[]): readonly PreparedEndpoint[] {
    this.#updates += 1;
    this.#endpoints = endpoints.map((endpoint) => this.#prepare(endpoint));
    return this.#endpoints;
  }

  #prepare(endpoint: SharedEndpoint): PreparedEndpoint {
    const { first, last } = this.#ephemeralPorts;
    const isEphemeral = endpoint.port >= first && endpoint.port <= last;
    return new PreparedEndpoint(endpoint, this.#updates, isEphemeral, this.#picks);
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

// dataplane/sctp/relay/targets.ts: a listener's endpoints as the relay uses them: addresses as words, and the place in
// shared memory where picks are counted.
import type { EndpointAddress } from '../../../model/endpoint.js';
import { hostPort } from '../../../model/ip.js';
import { count } from '../../native/counter-block.js';
import type { PickMemory } from '../../native/pick-places.js';
import type { SharedEndpoint } from '../../native/prepared-endpoints.js';
import { type IpWords, ipWords } from '../wire/ip-words.js';

export interface Target {
  readonly address: EndpointAddress;
  readonly ip: IpWords;
  /** Counts that it was chosen and answered. */
  pick(): void;
}

export class Targets {
  readonly #picks: PickMemory;
  #byKey = new Map<string, Target>();

  constructor(picks: PickMemory) {
    this.#picks = picks;
  }

  update(endpoints: readonly SharedEndpoint[]): void {
    this.#byKey = new Map(
      endpoints.map((endpoint) => [hostPort(endpoint.ip, endpoint.port), this.#prepare(endpoint)]),
    );
  }

  #prepare({ ip, port, place }: SharedEndpoint): Target {
    const { numbers, offset } = this.#picks.at(place);
    return {
      address: { ip, port },
      ip: ipWords(ip),
      pick: () => count(numbers, offset),
    };
  }

  /** Of an address that the Balancer has just given: it is among those of the last update(). */
  of({ ip, port }: EndpointAddress): Target {
    const target = this.#byKey.get(hostPort(ip, port));
    if (target === undefined) throw new Error(`endpoint ${hostPort(ip, port)} was not prepared`);
    return target;
  }

  has({ ip, port }: EndpointAddress): boolean {
    return this.#byKey.has(hostPort(ip, port));
  }
}

// proxier/listener-feeder.ts: brings endpoints to the listeners that are open. Looks at ServicePorts whose endpoints are
// others than the last time, or at all where more than endpoints changed.
import type { UsableEndpoints } from '../model/endpoint.js';
import type { Snapshot } from '../model/snapshot.js';
import { noEndpoints } from '../model/usable-endpoints.js';
import type { ListenerSet } from './listener-set.js';
import type { ReplyAddresses } from './reply-addresses.js';

interface Given {
  readonly servicePorts: Snapshot['servicePorts'];
  readonly endpoints: ReadonlyMap<string, UsableEndpoints>;
  readonly replyAddresses: ReplyAddresses;
  /** ListenerSet.version. */
  readonly version: number;
}

export class ListenerFeeder {
  readonly #listeners: ListenerSet;
  #given: Given | undefined;

  constructor(listeners: ListenerSet) {
    this.#listeners = listeners;
  }

  /** @param endpoints by ServicePort key; no entry: none */
  feed(
    servicePorts: Snapshot['servicePorts'],
    endpoints: ReadonlyMap<string, UsableEndpoints>,
    replyAddresses: ReplyAddresses,
  ): void {
    const given = this.#given;
    const isOnlyEndpoints =
      given?.servicePorts === servicePorts &&
      given.replyAddresses === replyAddresses &&
      given.version === this.#listeners.version;
    for (const servicePort of servicePorts.values()) {
      const usable = endpoints.get(servicePort.key);
      if (isOnlyEndpoints && given.endpoints.get(servicePort.key) === usable) continue;
      this.#listeners.update(servicePort, usable ?? noEndpoints, replyAddresses[servicePort.ipFamily]);
    }
    const { version } = this.#listeners;
    this.#given = { servicePorts, endpoints, replyAddresses, version };
  }
}

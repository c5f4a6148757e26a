// dataplane/sctp/relay/relay-listener.ts: a listener inside the relay: its port, its endpoints, its counters.
import type { Balancer } from '../../../balance/balancer.js';
import type { IpFamily } from '../../../model/ip.js';
import type { EndpointsMessage } from '../../native/endpoints-message.js';
import type { PickMemory } from '../../native/pick-places.js';
import type { ListenerBlock } from './counters.js';
import { Targets } from './targets.js';

export class RelayListener {
  readonly id: number;
  readonly port: number;
  readonly ipFamily: IpFamily;
  readonly balancer: Balancer;
  readonly counters: ListenerBlock;
  readonly targets: Targets;

  /** @param picks where it counts them, see SharedEndpoint.place */
  constructor(
    parts: Pick<RelayListener, 'id' | 'port' | 'ipFamily' | 'balancer' | 'counters'>,
    picks: PickMemory,
  ) {
    this.targets = new Targets(picks);
    this.id = parts.id;
    this.port = parts.port;
    this.ipFamily = parts.ipFamily;
    this.balancer = parts.balancer;
    this.counters = parts.counters;
  }

  update(message: EndpointsMessage): void {
    this.targets.update(message.endpoints);
    this.balancer.update(message);
  }
}

// dataplane/native/endpoints-message.ts: what a thread is told of a listener's endpoints, in the words of its Balancer.
// (What becomes of connections whose endpoint left is not among it: see ../departures.ts.)
import type { BalancerConfig } from '../../balance/balancer.js';
import type { EndpointAddress } from '../../model/endpoint.js';
import type { PickSlots } from './pick-slots.js';
import type { SharedEndpoint } from './prepared-endpoints.js';

export interface EndpointsMessage extends BalancerConfig {
  readonly endpoints: readonly SharedEndpoint[];
}

export function endpointsMessage(config: BalancerConfig, picks: PickSlots): EndpointsMessage {
  const { endpoints, resting, affinityTimeoutMs } = config;
  return {
    endpoints: picks.assign(endpoints, resting),
    resting: resting.map(addressOf),
    ...(affinityTimeoutMs !== undefined && { affinityTimeoutMs }),
  };
}

/** Whether a thread that knows `before` must be told of `after`. */
export function isNews(before: BalancerConfig, after: BalancerConfig): boolean {
  return (
    before.endpoints !== after.endpoints ||
    (before.resting !== after.resting && before.resting.length + after.resting.length > 0) ||
    before.affinityTimeoutMs !== after.affinityTimeoutMs
  );
}

/** Conditions, zones and hints need not be copied to a thread. */
export function addressOf({ ip, port }: EndpointAddress): EndpointAddress {
  return { ip, port };
}

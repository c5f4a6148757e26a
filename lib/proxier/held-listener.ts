// proxier/held-listener.ts: an open listener and what it was last told; and all that a ServicePort has.
import type { UsableEndpoints } from '../model/endpoint.js';
import type { ServicePort } from '../model/service-port.js';
import type { Listener } from './data-plane.js';
import { type Feed, feedOf } from './feeds.js';
import type { ListenerRole } from './roles.js';

export interface HeldListener {
  /** As of the last sync: addresses and ports may change under a listener that stays. */
  servicePort: ServicePort;
  readonly role: ListenerRole;
  readonly listener: Listener;
  feed: Feed;
}

/** All keys are there, so that objects of one shape are read quickly: syncs look at each of ten thousand. */
export type ListenersOfServicePort = Readonly<Record<ListenerRole, HeldListener | undefined>>;

export const noListeners: ListenersOfServicePort = {
  Cluster: undefined,
  Local: undefined,
  nodePort: undefined,
};

/** By ServicePort key. */
export type HeldListeners = ReadonlyMap<string, ListenersOfServicePort>;

export function listenersIn({ Cluster, Local, nodePort }: ListenersOfServicePort): readonly HeldListener[] {
  if (Cluster !== undefined && Local === undefined && nodePort === undefined) return [Cluster];
  return [Cluster, Local, nodePort].filter((held) => held !== undefined);
}

/**
 * Costs the data plane nothing where nothing changed.
 * @returns whether rules have to hear of it
 */
export function updateHeld(
  held: HeldListener,
  servicePort: ServicePort,
  endpoints: UsableEndpoints,
  replyAddresses: readonly string[],
): boolean {
  held.servicePort = servicePort;
  const before = held.feed;
  const feed = feedOf(held.role, servicePort, endpoints, replyAddresses, before);
  if (feed === undefined || feed === before) return false;
  held.feed = feed;
  if (feed.config !== before.config) held.listener.update(feed.config);
  return feed.disposition !== before.disposition;
}

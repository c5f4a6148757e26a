// model/usable-endpoints.ts: which endpoints of a ServicePort take new connections: the ready ones, or else, so that a
// Service whose last pods are going away is served to the end, those that still serve while they terminate (KEP-1669).
// A Service with publishNotReadyAddresses has them all ready: the EndpointSlice controller sees to it.
// Traffic policies and topology hints narrow the list down before this choice is made, once there are any.
import type { Endpoint } from './endpoint.js';

/** `all` itself where every one is usable: the common case costs no array. */
export function usableEndpoints(all: readonly Endpoint[]): readonly Endpoint[] {
  if (all.every(({ ready }) => ready)) return all;
  const ready = all.filter((endpoint) => endpoint.ready);
  return ready.length > 0 ? ready : all.filter(({ serving, terminating }) => serving && terminating);
}

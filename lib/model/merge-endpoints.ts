// model/merge-endpoints.ts: the endpoints of one ServicePort out of all its slices: each ip:port once, in the order in
// which they were first seen.
import type { Endpoint } from './endpoint.js';
import { hostPort } from './ip.js';
import { sameEndpoint, sameLists } from './slice-record.js';

/**
 * `previous` is what this returned for the ServicePort last time: what stays keeps its place, what is new comes after
 * it, and where nothing changed it is returned itself.
 * An endpoint may be in two slices while it moves between them, or because its address went to a new pod: the one that
 * is not terminating counts, then the ready one, then the serving one.
 */
export function mergeEndpoints(
  lists: readonly (readonly Endpoint[])[],
  previous: readonly Endpoint[],
): readonly Endpoint[] {
  const found = new Map<string, Endpoint>();
  for (const list of lists) {
    for (const endpoint of list) {
      const key = hostPort(endpoint.ip, endpoint.port);
      const other = found.get(key);
      if (other === undefined || rank(endpoint) > rank(other)) found.set(key, endpoint);
    }
  }
  const merged: Endpoint[] = [];
  for (const { ip, port } of previous) {
    const key = hostPort(ip, port);
    const endpoint = found.get(key);
    if (endpoint === undefined) continue;
    merged.push(endpoint);
    found.delete(key);
  }
  for (const endpoint of found.values()) merged.push(endpoint);
  if (sameLists(merged, previous, sameEndpoint)) return previous;
  // Most Services have a single slice: its own list then serves for the result, and memory holds one array, not two.
  return lists.find((list) => sameLists(list, merged, Object.is)) ?? merged;
}

function rank({ ready, serving, terminating }: Endpoint): number {
  return (terminating ? 0 : 4) + (ready ? 2 : 0) + (serving ? 1 : 0);
}

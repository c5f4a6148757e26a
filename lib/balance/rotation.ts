// balance/rotation.ts: a Service's endpoints in order, whose turn it is, and which of them are set aside. It knows
// nothing of clients: round-robin.ts asks it. Pure; time is passed in, monotonic milliseconds.
import type { EndpointAddress } from '../model/endpoint.js';
import { hostPort } from '../model/ip.js';

export interface Rotation {
  /** In the order of the rotation. Replaced as a whole: a caller that kept it can tell that it is out of date. */
  readonly endpoints: readonly EndpointAddress[];
  /** Where the next client starts. */
  readonly position: number;
  replace(endpoints: readonly EndpointAddress[]): void;
  /** Index in `endpoints`; undefined when it is not there (any more). */
  placeOf(endpoint: EndpointAddress): number | undefined;
  /**
   * Takes one turn: the place whose turn it is. A set-aside endpoint has no turns while another one is left, or its
   * neighbour would have two. Undefined when there are no endpoints.
   */
  turn(nowMs: number): number | undefined;
  isSetAside(place: number, nowMs: number): boolean;
  setAside(endpoint: EndpointAddress, untilMs: number): void;
  restore(endpoint: EndpointAddress): void;
}

export function createRotation(): Rotation {
  let endpoints: readonly EndpointAddress[] = [];
  let position = 0;
  // Both are made only where they are needed: most listeners never see a failed dial, and there are many listeners.
  let places: Map<string, number> | undefined;
  let asideUntilMs: Float64Array | undefined;

  const placeOf = (endpoint: EndpointAddress): number | undefined => {
    places ??= new Map(endpoints.map(({ ip, port }, place) => [hostPort(ip, port), place]));
    return places.get(hostPort(endpoint.ip, endpoint.port));
  };
  const isSetAside = (place: number, nowMs: number): boolean =>
    asideUntilMs !== undefined && (asideUntilMs[place] ?? 0) > nowMs;

  return {
    get endpoints() {
      return endpoints;
    },
    get position() {
      return position;
    },
    replace(next) {
      if (next === endpoints) return;
      const before = endpoints;
      const start = position;
      const beforeAside = asideUntilMs;
      endpoints = next;
      places = undefined;
      asideUntilMs = undefined;
      position = 0;
      for (let step = 0; step < before.length; step++) {
        const survivor = before[(start + step) % before.length];
        const place = survivor && placeOf(survivor);
        if (place === undefined) continue;
        position = place;
        break;
      }
      if (beforeAside === undefined) return;
      const kept = new Float64Array(next.length);
      before.forEach((endpoint, place) => {
        const now = placeOf(endpoint);
        if (now !== undefined) kept[now] = beforeAside[place] ?? 0;
      });
      if (kept.some((untilMs) => untilMs > 0)) asideUntilMs = kept;
    },
    placeOf,
    turn(nowMs) {
      if (endpoints.length === 0) return undefined;
      let place = position;
      // Costs as much as there are set-aside endpoints in a row; when all are, each has its turn again.
      for (let step = 0; step < endpoints.length; step++) {
        const candidate = (position + step) % endpoints.length;
        if (isSetAside(candidate, nowMs)) continue;
        place = candidate;
        break;
      }
      position = (place + 1) % endpoints.length;
      return place;
    },
    isSetAside,
    setAside(endpoint, untilMs) {
      const place = placeOf(endpoint);
      if (place === undefined) return;
      asideUntilMs ??= new Float64Array(endpoints.length);
      asideUntilMs[place] = untilMs;
    },
    restore(endpoint) {
      if (asideUntilMs === undefined) return;
      const place = placeOf(endpoint);
      if (place !== undefined) asideUntilMs[place] = 0;
    },
  };
}

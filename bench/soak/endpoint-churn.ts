// bench/soak/endpoint-churn.ts: endpoints of one listener that come and go.
import type { EndpointAddress } from '../../lib/model/endpoint.js';

export interface EndpointChurn {
  /** As they are now. */
  readonly endpoints: readonly EndpointAddress[];
  /** The next set. */
  change(): readonly EndpointAddress[];
}

export interface ChurnOptions {
  readonly all: readonly EndpointAddress[];
  /** Refuses connections; joins now and then. */
  readonly dead?: EndpointAddress;
  /** Every so many changes there is none at all; 0: never. */
  readonly emptyEvery: number;
}

export function endpointChurn({ all, dead, emptyEvery }: ChurnOptions): EndpointChurn {
  let changes = 0;
  let endpoints = all;
  return {
    get endpoints() {
      return endpoints;
    },
    change() {
      changes++;
      if (emptyEvery > 0 && changes % emptyEvery === 0) endpoints = [];
      else {
        // Each time another one is missing, and another one is first.
        const kept = all.filter((_, place) => place !== changes % all.length);
        endpoints = dead !== undefined && changes % 3 === 0 ? [dead, ...kept] : kept;
      }
      return endpoints;
    },
  };
}

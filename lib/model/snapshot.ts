// model/snapshot.ts: the immutable state that one sync works from.
import type { UsableEndpoints } from './endpoint.js';
import type { PortalAddress } from './portal-address.js';
import type { ServicePort } from './service-port.js';

/** An object that was read but can't be served as it is; the rest is. */
export interface ModelProblem {
  /** The object's kind, namespace and name, as logs print them. */
  readonly object: string;
  /** Path of the field, as kubectl prints it: `spec.ports[0].port`. */
  readonly field: string;
  readonly message: string;
}

export interface Snapshot {
  /** By ServicePort key. A ServicePort that did not change is the same object as in the last snapshot. */
  readonly servicePorts: ReadonlyMap<string, ServicePort>;
  /**
   * By ServicePort key: the portals it really has, those it lost to another Service left out. One entry for each of
   * `servicePorts`, the clusterIP first; an array that did not change is the same array as in the last snapshot.
   */
  readonly portals: ReadonlyMap<string, readonly PortalAddress[]>;
  /**
   * By ServicePort key; what did not change is the same object, and the same arrays in it, as in the last snapshot.
   * A ServicePort without any usable or resting endpoint has no entry.
   */
  readonly endpoints: ReadonlyMap<string, UsableEndpoints>;
  /** Current, not only new: the same problem is listed until its object is mended or gone. */
  readonly problems: readonly ModelProblem[];
}

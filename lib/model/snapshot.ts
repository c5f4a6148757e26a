// model/snapshot.ts: the immutable state that one sync works from.
import type { Endpoint } from './endpoint.js';
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
   * Usable endpoints by ServicePort key; an array that did not change is the same array as in the last snapshot.
   * A ServicePort without any has no entry. In a stable order (the order in which endpoints were first seen).
   */
  readonly endpoints: ReadonlyMap<string, readonly Endpoint[]>;
  /** Current, not only new: the same problem is listed until its object is mended or gone. */
  readonly problems: readonly ModelProblem[];
}

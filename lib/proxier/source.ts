// proxier/source.ts: where objects come from. Declared here, implemented in sources/.
import type { KubeObject, ObjectRef } from '../model/kube-objects.js';

/** Called synchronously by the Source; an exception in it is the Source's to report, and never ends the Source. */
export interface SourceHandler {
  /** Added or updated: the object's whole present state. */
  upsert(object: KubeObject): void;
  remove(ref: ObjectRef): void;
}

/** What is wrong with a source now; it goes on trying, and what it delivered stays in force. */
export type SourceHealth =
  | { readonly state: 'starting' }
  | { readonly state: 'healthy' }
  | { readonly state: 'failing'; readonly message: string; readonly sinceMs: number };

export interface Source {
  /** Where it reads from, for logs: `manifests /etc/kube-portal/demo`, `https://10.0.0.1:6443`. */
  readonly description: string;
  /** Resolves when the first complete list has been delivered; stays pending while the origin is away. */
  readonly synced: Promise<void>;
  /** Once only. Never throws: trouble is reported through health() and the log. */
  start(handler: SourceHandler): void;
  health(): SourceHealth;
  /** No handler call follows after it resolves. Idempotent. */
  close(): Promise<void>;
}

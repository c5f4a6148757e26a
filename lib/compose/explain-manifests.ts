// compose/explain-manifests.ts: what is known of a Service from manifests alone: read once, by the same source and the same
// model as a run would.
import { hostname } from 'node:os';
import { setTimeout } from 'node:timers/promises';
import type { ExplainOptions } from '../cli/options.js';
import type { ServiceReference } from '../explain/service-reference.js';
import { createModel } from '../model/model.js';
import { similarNames } from '../model/similar-names.js';
import { systemClock } from '../proxier/clock.js';
import { silentLog } from '../proxier/log.js';
import { type ServiceDetail, serviceDetail } from '../proxier/service-detail.js';
import { servicePortStatus } from '../proxier/service-port-status.js';
import type { Source } from '../proxier/source.js';
import { createSource } from './source.js';

const readTimeoutMs = 10_000;
const lookEveryMs = 20;

export interface ManifestDetail {
  readonly detail: ServiceDetail;
  /** What could not be read. */
  readonly warnings: readonly string[];
}

export async function detailFromManifests(
  { manifests, hostnameOverride }: ExplainOptions,
  { namespace, name }: ServiceReference,
): Promise<ManifestDetail> {
  const nodeName = hostnameOverride ?? hostname().toLowerCase();
  const model = createModel({ nodeName });
  const clock = systemClock;
  const source = await createSource(
    { kind: 'manifests', paths: manifests },
    { nodeName, log: silentLog, clock },
  );
  source.start({ upsert: (object) => model.upsert(object), remove: (ref) => model.remove(ref) });
  const warnings = await firstReading(source).finally(() => source.close());
  const { snapshot, node } = model.takeSnapshot();
  const problems = snapshot.problems.map(({ object, field, message }) => ({
    subject: object,
    message: `${field}: ${message}`,
  }));
  const sources = { snapshot, held: new Map(), endpoints: snapshot.endpoints, plan: undefined, problems };
  const view = model.view(namespace, name);
  const service = `${namespace}/${name}`;
  const similar = view.service === undefined ? similarNames(service, model.serviceNames()) : [];
  const detail = serviceDetail(service, view, similar, {
    servicePort: (key) => servicePortStatus(key, sources),
    snapshot: () => snapshot,
    node: () => node,
    plan: () => undefined,
  });
  return { detail, warnings };
}

/** All paths were read, or one of them can't be: then there is nothing to wait for. Resolves with what could not be read. */
async function firstReading(source: Source): Promise<readonly string[]> {
  let isRead = false;
  source.synced.then(() => {
    isRead = true;
  });
  const startedMs = systemClock.monotonic();
  while (!isRead && source.health().state !== 'failing') {
    if (systemClock.monotonic() - startedMs > readTimeoutMs)
      return [`they were not read within ${readTimeoutMs / 1000}s`];
    // A timer of Node's own: the clock's keep no process alive.
    await setTimeout(lookEveryMs);
  }
  const health = source.health();
  return health.state === 'failing' ? [health.message] : [];
}

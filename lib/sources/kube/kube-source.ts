// sources/kube/kube-source.ts: the Kubernetes API as a Source: Services, EndpointSlices and this Node, one reflector
// each. What was delivered stays in force while the API server is away.
import { type Clock, systemClock } from '../../proxier/clock.js';
import type { Log } from '../../proxier/log.js';
import type { Source, SourceHandler, SourceHealth } from '../../proxier/source.js';
import { createApiClient } from './api-client.js';
import { endpointSliceResource, type KubeResource, nodeResource, serviceResource } from './kube-resource.js';
import { type ClusterOptions, loadClusterAccess } from './load-config.js';
import { createReflector } from './reflector.js';
import { defaultKubeTiming, type KubeTiming } from './timing.js';

export interface KubeSourceOptions extends ClusterOptions {
  /** The Node whose labels, taints and addresses matter; it need not exist. */
  readonly nodeName: string;
  readonly log: Log;
  /** @default systemClock */
  readonly clock?: Clock;
  /** Delays and deadlines that differ from defaultKubeTiming. */
  readonly timing?: Partial<KubeTiming>;
  /** @default Math.random */
  readonly random?: () => number;
}

/**
 * Loads the configuration (ClusterConfigError when it can't be used); nothing is asked of the API server before
 * start(). Closing it ends every connection.
 */
export async function createKubeSource(options: KubeSourceOptions): Promise<Source> {
  const { log, clock = systemClock, random = Math.random } = options;
  const timing = { ...defaultKubeTiming, ...options.timing };
  const client = createApiClient({ access: await loadClusterAccess(options), clock, timing });
  const reflectorOf = (resource: KubeResource) =>
    createReflector({ resource, client, clock, log, timing, random });
  const needed = [serviceResource, endpointSliceResource].map(reflectorOf);
  const reflectors = [...needed, reflectorOf(nodeResource(options.nodeName))];
  let isSynced = false;
  // As in kube-proxy, the Node is not waited for: an account that may not read Nodes must not stop all forwarding.
  const synced = Promise.all(needed.map((reflector) => reflector.synced)).then(() => {
    isSynced = true;
  });

  function health(): SourceHealth {
    const nowMs = clock.monotonic();
    const failing = reflectors
      .flatMap((reflector) => reflector.trouble() ?? [])
      .filter((trouble) => nowMs - trouble.sinceMonotonicMs >= timing.failingAfterMs)
      .sort((a, b) => a.sinceMonotonicMs - b.sinceMonotonicMs)[0];
    if (failing !== undefined) {
      return { state: 'failing', message: failing.message, sinceMs: failing.sinceMs };
    }
    return { state: isSynced ? 'healthy' : 'starting' };
  }

  return {
    description: client.server,
    synced,
    health,
    start: (handler: SourceHandler) => {
      for (const reflector of reflectors) reflector.start(handler);
    },
    close: async () => {
      await Promise.all(reflectors.map((reflector) => reflector.close()));
      client.close();
    },
  };
}

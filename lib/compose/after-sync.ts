// compose/after-sync.ts: what looks outward after each sync: the servers on healthCheckNodePorts, and Events.
import { createHealthCheckNodePorts } from '../http/health-check-node-ports.js';
import type { HttpServers } from '../http/servers.js';
import type { Clock } from '../proxier/clock.js';
import type { EventRecorder } from '../proxier/event-recorder.js';
import type { Log } from '../proxier/log.js';
import { ProxyEvents } from '../proxier/proxy-events.js';
import type { ProxierStatus } from '../proxier/status.js';
import type { ObserverList } from './observer-list.js';

export interface AfterSyncOptions {
  readonly status: ProxierStatus;
  readonly observers: Pick<ObserverList, 'add'>;
  /** Closed with the rest. */
  readonly recorder: EventRecorder;
  readonly servers: Pick<HttpServers, 'health' | 'metrics'>;
  readonly nodeName: string;
  readonly clock: Clock;
  readonly log: Log;
}

export interface AfterSync {
  /** After the proxier has stopped: until then load balancers are told 503. */
  close(): Promise<void>;
}

export function startAfterSync(options: AfterSyncOptions): AfterSync {
  const { status, observers, recorder, servers, nodeName, clock, log } = options;
  const events = new ProxyEvents({ status, recorder, nodeName, clock });
  const healthChecks = createHealthCheckNodePorts({
    status,
    clock,
    log,
    onFailure: (service, error) => events.healthCheckFailed(service, error),
  });
  observers.add({
    syncFinished(report) {
      healthChecks.sync();
      events.syncFinished(report);
    },
  });
  events.starting();
  for (const [name, server] of [
    ['healthz', servers.health] as const,
    ['metrics', servers.metrics] as const,
  ]) {
    void server?.firstBind.then((state) => {
      if (state.state === 'failed') events.serverFailed(name, state.error);
    });
  }
  return {
    async close() {
      await healthChecks.close();
      await recorder.close();
    },
  };
}

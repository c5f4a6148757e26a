// http/health-check-node-ports.ts: the HTTP servers that load balancers ask whether this node has endpoints of a Service:
// one for each Service with a healthCheckNodePort, on each address that offers nodePorts. They come and go with the
// Services; what they answer is read when they are asked. A port that can't be had is told and tried again.
import { Hono } from 'hono';
import type { Clock } from '../proxier/clock.js';
import type { Log } from '../proxier/log.js';
import type { ProxierStatus } from '../proxier/status.js';
import { type BoundServer, startBoundServer } from './bound-server.js';
import {
  type HealthCheckService,
  healthCheckAnswer,
  healthCheckServices,
  localEndpoints,
} from './health-check-service.js';

export interface HealthCheckNodePortsOptions {
  readonly status: Pick<ProxierStatus, 'snapshot' | 'syncHealth' | 'plan'>;
  readonly clock: Clock;
  readonly log: Log;
  /** A server could not be bound at the first attempt; others go on. */
  readonly onFailure: (service: HealthCheckService, error: Error) => void;
  /** Milliseconds between two attempts to bind. @default 5000 */
  readonly retryMs?: number;
}

export interface HealthCheckNodePorts {
  /** Call after each sync: opens and closes servers as the Services ask for it now. Cheap when nothing changed. */
  sync(): void;
  close(): Promise<void>;
}

interface Wanted {
  readonly name: string;
  readonly service: HealthCheckService;
  readonly host: string;
}

interface Open {
  readonly service: HealthCheckService;
  readonly server: BoundServer;
}

/** Every address of this host, of both families where it has them. */
const anyAddress = '';

export function createHealthCheckNodePorts(options: HealthCheckNodePortsOptions): HealthCheckNodePorts {
  const { status, clock, log, onFailure, retryMs = 5000 } = options;
  /** By service and address. */
  const open = new Map<string, Open>();
  const closing = new Set<Promise<void>>();
  let wanted: ReadonlyMap<string, Wanted> = new Map();
  let services: ReadonlyMap<string, HealthCheckService> = new Map();
  let seen: { readonly servicePorts: unknown; readonly addresses: unknown } | undefined;
  let closed = false;

  function answer(name: string): ReturnType<typeof healthCheckAnswer> | undefined {
    const service = services.get(name);
    if (service === undefined) return undefined;
    return healthCheckAnswer(
      service,
      localEndpoints(service, status.snapshot()),
      status.syncHealth().healthy,
    );
  }

  function start(name: string, service: HealthCheckService, host: string): Open {
    const app = new Hono();
    app.all('*', (context) => {
      const found = answer(name);
      return found === undefined
        ? context.notFound()
        : context.body(found.body, found.code, { ...found.headers });
    });
    const server = startBoundServer({
      name: `healthCheckNodePort of ${name}`,
      app,
      address: { host, port: service.port },
      log,
      clock,
      retryMs,
    });
    void server.firstBind.then((state) => {
      if (state.state === 'failed') onFailure(service, state.error);
    });
    return { service, server };
  }

  function stop(key: string, { server }: Open): void {
    open.delete(key);
    const done = server.close().finally(() => closing.delete(done));
    closing.add(done);
  }

  function openMissing(): void {
    if (closed) return;
    for (const [key, { name, service, host }] of wanted) {
      if (!open.has(key)) open.set(key, start(name, service, host));
    }
  }

  return {
    sync() {
      const { servicePorts } = status.snapshot();
      const addresses = status.plan()?.desired.nodePortAddresses;
      if (closed || addresses === undefined) return;
      if (seen?.servicePorts === servicePorts && seen.addresses === addresses) return;
      seen = { servicePorts, addresses };
      services = healthCheckServices(servicePorts);
      const hosts = addresses === 'all' ? [anyAddress] : [...addresses.IPv4, ...addresses.IPv6];
      wanted = new Map(
        [...services].flatMap(([name, service]) =>
          hosts.map((host) => [`${name} ${host}`, { name, service, host }] as const),
        ),
      );
      for (const [key, one] of open) {
        if (wanted.get(key)?.service.port !== one.service.port) stop(key, one);
      }
      // A port that one Service gives up may be the one that another wants.
      if (closing.size === 0) openMissing();
      else void Promise.all(closing).then(openMissing);
    },
    async close() {
      closed = true;
      for (const [key, one] of open) stop(key, one);
      await Promise.all(closing);
    },
  };
}

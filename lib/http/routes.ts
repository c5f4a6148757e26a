// http/routes.ts: the two applications: health (for the kubelet and load balancers, open to all) and metrics (for this
// host). Read-only: any method but GET and HEAD is refused before it gets anywhere.
import { Hono } from 'hono';
import type { Clock } from '../proxier/clock.js';
import type { ProxierStatus } from '../proxier/status.js';
import { healthAnswer } from './health.js';
import type { Metrics } from './metrics.js';

export interface RouteOptions {
  readonly status: ProxierStatus;
  readonly metrics: Metrics;
  readonly clock: Clock;
  /** What /configz shows: the configuration in force, by the name of its API group. */
  readonly configz?: (() => Readonly<Record<string, unknown>>) | undefined;
}

const json = { 'Content-Type': 'application/json' } as const;

/** A scrape holds the totals of every ServicePort for as long as its client takes to read. */
const maxScrapes = 4;

export function healthRoutes({ status, metrics, clock }: RouteOptions): Hono {
  const app = readOnly();
  for (const endpoint of ['healthz', 'livez'] as const) {
    app.get(`/${endpoint}`, (context) => {
      const { code, body } = healthAnswer(endpoint, status.syncHealth(), status.node(), clock.now());
      metrics.countHealth(endpoint, code);
      return context.body(JSON.stringify(body), code, json);
    });
  }
  return app;
}

export function metricsRoutes({ metrics, configz }: RouteOptions): Hono {
  const app = readOnly();
  let scrapes = 0;
  app.get('/metrics', (context) => {
    if (context.req.raw.method === 'HEAD')
      return context.body(null, 200, { 'Content-Type': metrics.contentType });
    if (scrapes >= maxScrapes) return context.text('too many scrapes at once\n', 503);
    scrapes += 1;
    const body = streamOf(metrics.text(), () => {
      scrapes -= 1;
    });
    return context.body(body, 200, { 'Content-Type': metrics.contentType });
  });
  // As kube-proxy's: this server is there. Whether the rules are up to date is for the other one to say.
  app.get('/healthz', (context) => context.text('ok'));
  if (configz) app.get('/configz', (context) => context.body(JSON.stringify(configz()), 200, json));
  app.get('/proxyMode', (context) => context.text('userspace'));
  return app;
}

function readOnly(): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    context.header('X-Content-Type-Options', 'nosniff');
    context.header('Cache-Control', 'no-cache, private');
    const { method } = context.req;
    if (method === 'GET' || method === 'HEAD') return next();
    return context.text('method not allowed\n', 405, { Allow: 'GET, HEAD', Connection: 'close' });
  });
  app.notFound((context) => context.text('not found\n', 404));
  return app;
}

/** Makes the next piece only when the client has taken the last; `onEnd` runs once, however it ends. */
function streamOf(pieces: AsyncGenerator<string>, onEnd: () => void): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  let ended = false;
  const end = (): void => {
    if (!ended) onEnd();
    ended = true;
  };
  return new ReadableStream({
    async pull(controller) {
      try {
        const { done, value } = await pieces.next();
        if (!done) {
          controller.enqueue(encoder.encode(value));
          return;
        }
        end();
        controller.close();
      } catch (error) {
        end();
        controller.error(error);
      }
    },
    async cancel() {
      end();
      await pieces.return(undefined);
    },
  });
}

// admin/routes.ts: what the admin socket answers: JSON, read-only, never more than a page. For `kube-portal explain`,
// `status` and `top`, and for `curl --unix-socket`.
import { Hono } from 'hono';
import type { Model } from '../model/model.js';
import { similarNames } from '../model/similar-names.js';
import type { Log } from '../proxier/log.js';
import { type ProcessIdentity, processFacts } from '../proxier/process-facts.js';
import { serviceDetail } from '../proxier/service-detail.js';
import { rowPage } from '../proxier/service-rows.js';
import type { ProxierStatus } from '../proxier/status.js';

export interface AdminRouteOptions {
  readonly status: ProxierStatus;
  readonly model: Pick<Model, 'view' | 'serviceNames'>;
  readonly identity: ProcessIdentity;
  readonly log: Log;
}

/** ServicePorts on one page. */
const maxRows = 500;

export function adminRoutes({ status, model, identity, log }: AdminRouteOptions): Hono {
  const app = new Hono();
  app.use(async (context, next) => {
    const { method } = context.req;
    if (method === 'GET' || method === 'HEAD') return next();
    return context.json({ error: 'method not allowed' }, 405, { Allow: 'GET, HEAD' });
  });
  app.get('/v1/process', (context) => context.json(processFacts(identity, status)));
  app.get('/v1/services', (context) => {
    const { limit = String(maxRows), after } = context.req.query();
    const rows = /^\d{1,5}$/.test(limit) ? Math.min(Number(limit), maxRows) : 0;
    if (rows < 1) return context.json({ error: `limit: a number from 1 to ${maxRows}` }, 400);
    return context.json(rowPage(status, rows, after));
  });
  app.get('/v1/services/:namespace/:name', (context) => {
    const { namespace, name } = context.req.param();
    const service = `${namespace}/${name}`;
    const view = model.view(namespace, name);
    const similar = view.service === undefined ? similarNames(service, model.serviceNames()) : [];
    return context.json(serviceDetail(service, view, similar, status));
  });
  app.onError((err, context) => {
    log.error({ err, path: context.req.path }, 'the admin socket could not answer');
    return context.json({ error: err.message }, 500);
  });
  app.notFound((context) => context.json({ error: 'not found' }, 404));
  return app;
}

// compose/admin.ts: the admin socket of a running program.
import { readlinkSync } from 'node:fs';
import { adminRoutes } from '../admin/routes.js';
import { type AdminServer, startAdminServer } from '../admin/server.js';
import type { Model } from '../model/model.js';
import type { Log } from '../proxier/log.js';
import type { ProcessIdentity } from '../proxier/process-facts.js';
import type { ProxierStatus } from '../proxier/status.js';

export interface AdminParts {
  /** '': none is wanted. */
  readonly path: string;
  readonly status: ProxierStatus;
  readonly model: Pick<Model, 'view' | 'serviceNames'>;
  readonly identity: Pick<ProcessIdentity, 'version' | 'iptablesVariant' | 'source'>;
  readonly log: Log;
}

/** Never rejects: forwarding does not depend on it. */
export async function startAdmin({ path, status, model, identity, log }: AdminParts): Promise<AdminServer> {
  if (path === '') return { failure: undefined, close: async () => {} };
  const whole = { ...identity, pid: process.pid, networkNamespace: networkNamespace() };
  return startAdminServer({ path, app: adminRoutes({ status, model, identity: whole, log }), log });
}

/** `net:[4026531840]`; '' where /proc does not tell. */
export function networkNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/net');
  } catch {
    return '';
  }
}

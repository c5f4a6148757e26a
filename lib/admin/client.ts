// admin/client.ts: asks the process behind an admin socket. What it answers is this program's own data, of this version or
// of one near it.
import { request } from 'node:http';
import type { ProcessFacts } from '../proxier/process-facts.js';
import type { ServiceDetail } from '../proxier/service-detail.js';
import type { RowPage, ServiceRow } from '../proxier/service-rows.js';

/** `absent`: nobody runs there; `denied`: somebody else's. */
export class AdminError extends Error {
  override readonly name = 'AdminError';
  readonly reason: 'absent' | 'denied' | 'other';

  constructor(reason: AdminError['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** All calls reject with AdminError. */
export interface AdminClient {
  process(): Promise<ProcessFacts>;
  /** Every ServicePort, page after page. */
  services(): Promise<readonly ServiceRow[]>;
  service(namespace: string, name: string): Promise<ServiceDetail>;
}

const timeoutMs = 5000;
/** A page of the most portals a Service may have stays far below. */
const maxBytes = 64 * 2 ** 20;

export function adminClient(path: string): AdminClient {
  return {
    process: async () => (await ask(path, '/v1/process')) as ProcessFacts,
    async services() {
      const rows: ServiceRow[] = [];
      let query = '';
      do {
        const page = (await ask(path, `/v1/services${query}`)) as RowPage;
        rows.push(...page.rows);
        query = page.next === undefined ? '' : `?after=${encodeURIComponent(page.next)}`;
      } while (query !== '');
      return rows;
    },
    service: async (namespace, name) =>
      (await ask(
        path,
        `/v1/services/${encodeURIComponent(namespace)}/${encodeURIComponent(name)}`,
      )) as ServiceDetail,
  };
}

function ask(socketPath: string, path: string): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const fail = (cause: Error): void =>
      reject(cause instanceof AdminError ? cause : failure(socketPath, cause));
    const asked = request({ socketPath, path, timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        chunks.push(chunk);
        if (bytes > maxBytes) asked.destroy(new Error(`the answer is longer than ${maxBytes} bytes`));
      });
      response.on('error', fail);
      response.on('end', () => {
        try {
          const text = Buffer.concat(chunks).toString('utf8');
          if (response.statusCode === 200) resolve(JSON.parse(text));
          else fail(new Error(`it answers ${response.statusCode} to ${path}: ${text.slice(0, 200)}`));
        } catch (cause) {
          fail(new Error(`it does not answer in JSON to ${path}`, { cause }));
        }
      });
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${timeoutMs / 1000}s`)));
    asked.on('error', fail);
    asked.end();
  });
}

function failure(path: string, cause: Error): AdminError {
  const code = 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'ENOENT':
    case 'ECONNREFUSED':
      return new AdminError('absent', `no kube-portal answers at ${path}`, { cause });
    case 'EACCES':
    case 'EPERM':
      return new AdminError('denied', `${path} is another user's`, { cause });
    default:
      return new AdminError('other', `ask the process at ${path}: ${cause.message}`, { cause });
  }
}

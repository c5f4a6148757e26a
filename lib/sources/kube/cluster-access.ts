// sources/kube/cluster-access.ts: where the API server is and what to show it, by client-node's KubeConfig.
// What client-node leaves out is added here: credentials read again on demand, tokens with a line end, plain HTTP.
import type { RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';

export interface ClusterAccess {
  /** `https://10.0.0.1:6443`, without a final slash. */
  readonly server: string;
  /**
   * TLS settings and headers for one request, read anew where they come from files or programs (client-node keeps a
   * token file's content for 60 s, as client-go does). Rejects when that fails.
   */
  requestOptions(): Promise<RequestOptions>;
  /** The server refused the credentials: load everything again before the next request. */
  refresh(): void;
}

/** @param load reads the configuration again, from where it came from at first */
export function createClusterAccess(loaded: KubeConfig, load: () => Promise<KubeConfig>): ClusterAccess {
  let config = loaded;
  let stale = false;
  const server = loaded.getCurrentCluster()?.server ?? '';

  return {
    server,
    requestOptions: async () => {
      if (stale) {
        config = await load();
        stale = false;
      }
      const cluster = config.getCurrentCluster();
      if (isPlainHttp(server) && cluster?.proxyUrl === undefined) {
        // As client-go: no credentials over plain HTTP. (client-node refuses such a server altogether.)
        return {};
      }
      const options: RequestOptions = {};
      try {
        await config.applyToHTTPSOptions(options);
      } catch (error) {
        // A plugin's bad answer stays in client-node's cache.
        stale = true;
        const told = error instanceof Error ? error.message : String(error);
        throw new Error(`credentials for ${server}: ${told}`, { cause: error });
      }
      if (cluster?.proxyUrl === undefined) delete options.agent;
      return isPlainHttp(server) ? withoutCredentials(options) : withCleanHeaders(options);
    },
    refresh: () => {
      stale = true;
    },
  };
}

function isPlainHttp(server: string): boolean {
  return server.startsWith('http:');
}

function withoutCredentials(options: RequestOptions): RequestOptions {
  return options.agent === undefined ? {} : { agent: options.agent };
}

/** A token file often ends with a newline, which no header may contain; client-go trims it, client-node does not. */
function withCleanHeaders(options: RequestOptions): RequestOptions {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    if (typeof value === 'string') headers[name] = value.trim();
  }
  return { ...options, headers };
}

// test/support/api-server-client.ts: a test's hand on an API server inside a namespace (api-server-program.ts).
import { fileURLToPath } from 'node:url';
import type { Namespace } from '../../lib/demo/namespaces.js';
import type { KubeObject, ObjectRef } from '../../lib/model/kube-objects.js';
import type { KubeconfigWish } from './api-kubeconfig.js';
import type { RawObject } from './api-objects.js';
import type { ApiServerOptions } from './api-server.js';

export type ApiServerCommand =
  | {
      readonly do: 'start';
      readonly options: ApiServerOptions;
      /** For the kubeconfig file. */
      readonly folder: string;
      readonly kubeconfig: KubeconfigWish;
    }
  | { readonly do: 'put'; readonly objects: readonly KubeObject[] }
  | { readonly do: 'delete'; readonly ref: ObjectRef }
  | { readonly do: 'pause' | 'resume' | 'authorizations' | 'events' };

export interface ApiServerReply {
  readonly id: number;
  readonly text: string;
  readonly error?: string;
}

/** Calls reject with what went wrong there. */
export interface RemoteApiServer {
  /** The path of the file. */
  readonly kubeconfig: string;
  put(...objects: readonly KubeObject[]): Promise<void>;
  delete(ref: ObjectRef): Promise<void>;
  /** Goes away; every connection is cut. */
  pause(): Promise<void>;
  /** Comes back on the same port. */
  resume(): Promise<void>;
  /** The Authorization headers that came so far, each once. */
  authorizations(): Promise<string>;
  /** That were written so far. */
  events(): Promise<readonly RawObject[]>;
}

/** It ends with the namespace. */
export async function startApiServer(
  namespace: Namespace,
  folder: string,
  options: ApiServerOptions = {},
  kubeconfig: KubeconfigWish = { auth: 'none' },
): Promise<RemoteApiServer> {
  const program = fileURLToPath(new URL('./api-server-program.js', import.meta.url));
  const child = namespace.spawn([process.execPath, program], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const waiting = new Map<number, (reply: ApiServerReply) => void>();
  child.on('message', (reply: ApiServerReply) => {
    waiting.get(reply.id)?.(reply);
    waiting.delete(reply.id);
  });
  child.on('exit', () => {
    for (const [id, settle] of waiting) settle({ id, text: '', error: 'the API server ended' });
    waiting.clear();
  });
  let lastId = 0;
  const ask = async (command: ApiServerCommand): Promise<string> => {
    lastId += 1;
    const id = lastId;
    const { text, error } = await new Promise<ApiServerReply>((resolve) => {
      waiting.set(id, resolve);
      child.send({ id, command });
    });
    if (error !== undefined) throw new Error(`API server, ${command.do}: ${error}`);
    return text;
  };
  const path = await ask({ do: 'start', options, folder, kubeconfig });
  return {
    kubeconfig: path,
    put: async (...objects) => void (await ask({ do: 'put', objects })),
    delete: async (ref) => void (await ask({ do: 'delete', ref })),
    pause: async () => void (await ask({ do: 'pause' })),
    resume: async () => void (await ask({ do: 'resume' })),
    authorizations: () => ask({ do: 'authorizations' }),
    events: async () => JSON.parse(await ask({ do: 'events' })) as readonly RawObject[],
  };
}

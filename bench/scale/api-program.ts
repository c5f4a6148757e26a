// bench/scale/api-program.ts: the tests' API server as a program of its own, so that its work is not the proxy's.
import type { ApiServer } from '../../test/support/api-server.js';
import { createApiServer } from '../../test/support/api-server.js';
import { answerQuestions } from '../shared/program.js';
import { type App, cluster } from './cluster.js';

export type ApiCommand =
  /** Answers with the kubeconfig's path. The cluster is made here: no need to send 100 MB. */
  | { readonly command: 'start'; readonly count: number; readonly folder: string }
  /** Answers with Date.now() of the change. */
  | { readonly command: 'put'; readonly app: App };

let server: ApiServer | undefined;

answerQuestions<ApiCommand>(async (asked) => {
  if (asked.command === 'start') {
    server = await createApiServer();
    for (const one of cluster(asked.count)) put(server, one);
    return server.writeKubeconfig(asked.folder);
  }
  if (server === undefined) throw new Error('the API server is not started');
  put(server, asked.app);
  return Date.now();
});

function put(target: ApiServer, { service, slice }: App): void {
  target.put(service);
  target.put(slice);
}

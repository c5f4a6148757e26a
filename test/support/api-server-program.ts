// test/support/api-server-program.ts: api-server.ts as a program of its own, because an API server that the program
// under test is to reach must be in its network namespace. Told what to do over IPC; its twin in the test is
// api-server-client.ts. It ends when the test's process does.

import { type ApiServer, createApiServer } from './api-server.js';
import type { ApiServerCommand, ApiServerReply } from './api-server-client.js';

let server: ApiServer | undefined;

async function obey(command: ApiServerCommand): Promise<string> {
  if (command.do === 'start') {
    server = await createApiServer(command.options);
    return server.writeKubeconfig(command.folder, command.kubeconfig);
  }
  if (server === undefined) throw new Error('the API server is not started');
  switch (command.do) {
    case 'put':
      for (const object of command.objects) server.put(object);
      return '';
    case 'delete':
      return String(server.delete(command.ref));
    case 'pause':
      await server.pause();
      return '';
    case 'resume':
      await server.resume();
      return '';
    case 'events':
      return JSON.stringify(server.events());
    case 'authorizations':
      return [...new Set(server.requests().map(({ authorization }) => authorization ?? 'none'))].join();
  }
}

process.on('message', ({ id, command }: { id: number; command: ApiServerCommand }) => {
  const send = (reply: ApiServerReply) => process.send?.(reply);
  obey(command).then(
    (text) => send({ id, text }),
    (err: unknown) => send({ id, text: '', error: err instanceof Error ? err.message : String(err) }),
  );
});
process.on('disconnect', () => process.exit());

// A router's word about a narrow path is about datagrams, not about the endpoint: the client stays with it.
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { createNamespace } from '../../lib/demo/namespaces.js';

const program = fileURLToPath(new URL('./path-mtu-program.js', import.meta.url));

for (const kind of ['node', 'linux']) {
  t.test(`a narrow path to its endpoint moves no client of the ${kind} data plane`, async (t) => {
    const namespace = await createNamespace('narrow');
    t.teardown(() => namespace.close());
    const child = namespace.spawn([process.execPath, program, kind], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout?.on('data', (data) => {
      text += String(data);
    });
    await new Promise((resolve) => child.once('close', resolve));
    t.same(JSON.parse(text || 'null'), { answers: ['first', 'first', 'first'], opened: 1, failed: {} });
  });
}

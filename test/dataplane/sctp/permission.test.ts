// Without CAP_NET_RAW SCTP is not supported, and says why. The program runs as a user who has no capabilities.
import t from 'tap';
import { createNamespace } from '../../../lib/demo/namespaces.js';

t.test('where raw sockets are not permitted', async (t) => {
  const namespace = await createNamespace('no-raw');
  t.teardown(() => namespace.close());
  const program = new URL('./permission-program.js', import.meta.url).pathname;
  const setpriv = [
    'setpriv',
    '--inh-caps=-all',
    '--bounding-set=-all',
    '--no-new-privs',
    '--ambient-caps=-all',
  ];
  const result = await namespace.run([...setpriv, process.execPath, program]);
  const said: unknown = JSON.parse(result.stdout || `{"stderr":${JSON.stringify(result.stderr)}}`);
  t.match(said, { reason: 'not-supported', message: /EPERM.*CAP_NET_RAW/, socketsLeft: 0 });
});

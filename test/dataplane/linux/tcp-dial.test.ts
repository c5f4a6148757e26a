// The linux data plane dials as every data plane must, with one thread and with three.
import t from 'tap';
import { listenerFor } from '../conformance/plane.js';
import { tcpDialTests } from '../conformance/tcp-dial.js';
import { receive, tcpClient, tcpEndpoint } from '../conformance/tcp-peers.js';
import { makeLinuxPlane, makeSpreadPlane } from './make-plane.js';

t.test('one thread', async (t) => tcpDialTests(t, makeLinuxPlane));
t.test('three threads', async (t) => tcpDialTests(t, makeSpreadPlane));

t.test('an endpoint that is to speak first hears at once that it was dialled', async (t) => {
  const endpoint = await tcpEndpoint(t, (socket) => socket.end('220 ready'));
  const { listener } = await listenerFor(t, makeLinuxPlane, 'TCP', [endpoint]);
  const startedMs = performance.now();
  for (let round = 0; round < 20; round++) await receive(await tcpClient(t, listener.port), 9);
  t.ok(performance.now() - startedMs < 2000, 'none waits 200 ms for the acknowledgement that was held back');
});

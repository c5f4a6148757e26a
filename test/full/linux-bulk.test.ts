// A gibibyte each way through the linux data plane, spread over threads.
import t from 'tap';
import { listenerFor } from '../dataplane/conformance/plane.js';
import { tcpClient, tcpEndpoint } from '../dataplane/conformance/tcp-peers.js';
import { checksum, pour } from '../dataplane/linux/bulk.js';
import { makeSpreadPlane } from '../dataplane/linux/make-plane.js';

t.test('1 GiB arrives whole in both directions at once', async (t) => {
  const sums: { fromClient?: Promise<string>; sent?: Promise<string> } = {};
  const endpoint = await tcpEndpoint(t, (socket) => {
    sums.fromClient = checksum(socket);
    sums.sent = pour(socket, 1024, 2);
  });
  const { listener } = await listenerFor(t, makeSpreadPlane, 'TCP', [endpoint]);
  const client = await tcpClient(t, listener.port);
  const fromEndpoint = checksum(client);
  t.equal(await pour(client, 1024, 1), await sums.fromClient);
  t.equal(await fromEndpoint, await sums.sent);
  t.equal(listener.counters().rxBytes, 2 ** 30);
});

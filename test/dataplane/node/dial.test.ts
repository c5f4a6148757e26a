// One dial to one endpoint.
import t from 'tap';
import { dialTcp } from '../../../lib/dataplane/node/dial.js';
import { tcpEndpoint } from '../conformance/tcp-peers.js';

t.test('a dial leaves from the source address it is given', async (t) => {
  const seen: (string | undefined)[] = [];
  const endpoint = await tcpEndpoint(t, (socket) => {
    seen.push(socket.remoteAddress);
    socket.end();
  });
  for (const localAddress of [undefined, '127.0.0.7']) {
    const socket = dialTcp(endpoint, {
      keepAliveDelayMs: 1000,
      ...(localAddress === undefined ? {} : { localAddress }),
    });
    t.teardown(() => socket.destroy());
    socket.resume();
    await new Promise((resolve) => socket.once('end', resolve));
  }
  t.same(seen, ['127.0.0.1', '127.0.0.7']);
});

// Three threads open, cap and close listeners as one does; what is on its way to one that stops. What they dial and move:
// see tcp-dial.test.ts, udp-port.test.ts and thread-connections.test.ts.
import { createServer, type Socket } from 'node:net';
import t from 'tap';
import { createRingMemory, HandOverRing } from '../../../lib/dataplane/linux/hand-over.js';
import { resolveOptions, tuningOf } from '../../../lib/dataplane/linux/options.js';
import { DataPlaneThread } from '../../../lib/dataplane/linux/thread.js';
import { Control, createControlMemory } from '../../../lib/dataplane/native/control.js';
import { Descriptors } from '../../../lib/dataplane/native/descriptors.js';
import { encodeSockaddr } from '../../../lib/dataplane/native/socket-address.js';
import { Sockets } from '../../../lib/dataplane/native/sockets.js';
import * as sys from '../../../lib/dataplane/native/syscalls.js';
import { listeningTests } from '../conformance/listening.js';
import { eventually } from '../conformance/waiting.js';
import { makeSpreadPlane } from './make-plane.js';

listeningTests(t, makeSpreadPlane);

t.test('a connection on its way to a thread that stops is reset, not ended', async (t) => {
  const ends: string[] = [];
  const peers: Socket[] = [];
  const server = createServer((peer) => {
    peers.push(peer);
    peer.on('error', (error) => ends.push('code' in error ? String(error.code) : error.message));
    peer.on('end', () => ends.push('end'));
    peer.resume();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const sockets = new Sockets(new Descriptors(1, undefined));
  const dial = (): number => {
    const fd = sockets.open('IPv4', 'TCP');
    sockets.connect(fd, encodeSockaddr({ ip: '127.0.0.1', port }));
    return fd;
  };
  const handed = { clientFd: dial(), endpointFd: dial(), place: 0, endpointId: 0 };
  await eventually('both are connected', () => peers.length === 2);
  const [memory, ring] = [createControlMemory(2), createRingMemory()];
  const control = new Control(memory);
  control.setMax(10);
  control.take('tcp');
  const wakeFds = [sys.eventfd(0, 0), sys.eventfd(0, 0)];
  t.teardown(() => {
    for (const fd of wakeFds) sys.close(fd);
  });
  const thread = new DataPlaneThread(
    {
      ...tuningOf(resolveOptions({ endpointSetAsideMs: 0 })),
      thread: 1,
      wakeFds,
      control: memory,
      rings: [createRingMemory(), ring],
      ownerTable: undefined,
    },
    { receive: () => undefined, post: () => {} },
  );
  control.stop(1);
  new HandOverRing(ring).put(handed);
  thread.run();
  await eventually('both have ended', () => ends.length === 2);
  t.same(ends, ['ECONNRESET', 'ECONNRESET']);
  t.equal(control.tcpConnections, 0);
});

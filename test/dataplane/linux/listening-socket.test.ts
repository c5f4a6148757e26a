// The sockets that clients come to, and what is said when there is none to be had.
import t from 'tap';
import { openListeningSocket } from '../../../lib/dataplane/linux/listening-socket.js';
import { createOwnerTable, Descriptors } from '../../../lib/dataplane/native/descriptors.js';
import { Sockets } from '../../../lib/dataplane/native/sockets.js';
import { openDescriptors } from '../conformance/waiting.js';

const common = { keepAliveDelayMs: 15_000, udpSocketBufferBytes: 262_144 };

t.test('each family and protocol gets a port; a port in use is an error that says so', async (t) => {
  const before = openDescriptors();
  const sockets = new Sockets(new Descriptors(1, createOwnerTable()));
  for (const ipFamily of ['IPv4', 'IPv6'] as const) {
    for (const protocol of ['TCP', 'UDP'] as const) {
      const { fd, port } = openListeningSocket({ ...common, protocol, ipFamily, port: 0 }, sockets);
      t.ok(port > 0);
      const again = (): unknown => openListeningSocket({ ...common, protocol, ipFamily, port }, sockets);
      t.throws(again, {
        code: 'EADDRINUSE',
        message: new RegExp(`${protocol} port ${port} \\(${ipFamily}\\): EADDRINUSE`),
      });
      sockets.close(fd);
    }
  }
  t.equal(openDescriptors(), before);
});

// Whether a UDP port is free, although SO_REUSEADDR would let us share it.
import t from 'tap';
import { UdpPorts } from '../../../lib/dataplane/node/udp-port.js';
import { udpSocket } from '../conformance/udp-peers.js';

t.test('a free port is found, and is ours until it is released', async (t) => {
  const ports = new UdpPorts();
  const port = await ports.reserve('IPv4', 0);
  t.ok(port > 0);
  await t.rejects(ports.reserve('IPv4', port), { code: 'EADDRINUSE' });
  ports.release('IPv4', port);
  t.equal(await ports.reserve('IPv4', port), port);
});

t.test('a port that somebody holds on one address is in use, whether he shares it or not', async (t) => {
  for (const reuseAddr of [false, true]) {
    const holder = await udpSocket(t, { ip: '127.0.0.9', reuseAddr });
    await t.rejects(new UdpPorts().reserve('IPv4', holder.address().port), { code: 'EADDRINUSE' });
  }
});

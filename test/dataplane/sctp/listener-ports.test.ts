import t from 'tap';
import { ListenerPorts } from '../../../lib/dataplane/sctp/listener-ports.js';
import type { ListenerSpec } from '../../../lib/proxier/data-plane.js';

const spec: ListenerSpec = {
  key: 'default/echo/SCTP/IPv4',
  servicePortName: { namespace: 'default', name: 'echo', port: '', protocol: 'SCTP' },
  ipFamily: 'IPv4',
  scope: 'Cluster',
};
const relayPorts = { first: 102, last: 103 };

t.test('a port that was freed is given again last: associations may go on there', async (t) => {
  const ports = new ListenerPorts({ first: 100, last: 106 }, relayPorts, () => new Set([105]));
  t.equal(ports.take(spec, 0), 100);
  ports.free(spec, 100);
  t.same([ports.take(spec, 0), ports.take(spec, 0), ports.take(spec, 0)], [101, 104, 106]);
  t.equal(ports.take(spec, 0), 100);
  t.throws(() => ports.take(spec, 0), { reason: 'port-in-use', message: /no SCTP port is free/ });
  ports.free(spec, 104);
  t.equal(ports.take(spec, 0), 104);
});

t.test('who asks for a certain port gets it, or is told that it is taken', async (t) => {
  const ports = new ListenerPorts({ first: 100, last: 106 }, relayPorts, () => new Set([105]));
  t.equal(ports.take(spec, 101), 101);
  for (const port of [101, 102, 103, 105])
    t.throws(() => ports.take(spec, port), { reason: 'port-in-use', message: /is taken/ }, `${port}`);
  t.equal(ports.take({ ...spec, ipFamily: 'IPv6' }, 101), 101, 'of the other family');
  ports.free(spec, 101);
  t.equal(ports.take(spec, 101), 101);
});

// Whose SCTP ports are whose.
import t from 'tap';
import { listenerPorts, overlaps } from '../../lib/compose/sctp-ports.js';

const ephemeral = { first: 32_768, last: 60_999 };

t.test('the usual range is in nobody’s way', async (t) => {
  t.same(overlaps({ first: 20_000, last: 29_999 }, ephemeral), []);
});

t.test('NodePorts and the kernel’s own ports are named', async (t) => {
  t.match(overlaps({ first: 20_000, last: 30_000 }, ephemeral), [/NodePorts \(30000-32767\)/]);
  t.match(overlaps({ first: 40_000, last: 49_999 }, ephemeral), [/ip_local_port_range 32768-60999/]);
  t.equal(overlaps({ first: 32_767, last: 32_768 }, ephemeral).length, 2);
  t.same(overlaps({ first: 40_000, last: 49_999 }, undefined), [], 'where /proc does not tell');
});

t.test('listeners find a port beside the relay’s', async (t) => {
  t.same(listenerPorts({ first: 20_000, last: 29_999 }), { first: 10_000, last: 19_999 });
  t.same(listenerPorts({ first: 1_000, last: 19_999 }), { first: 10_000, last: 65_535 });
});

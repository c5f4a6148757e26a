// Endpoints as a thread uses them.
import t from 'tap';
import { PreparedEndpoints } from '../../../lib/dataplane/native/prepared-endpoints.js';
import { encodeSockaddr } from '../../../lib/dataplane/native/socket-address.js';
import { pickMemory } from './pick-memory.js';

t.test('an endpoint counts where it was told to, and knows its own address', async (t) => {
  const memory = new SharedArrayBuffer(64);
  const endpoints = new PreparedEndpoints(pickMemory(memory));
  const a = { ip: '10.0.0.1', port: 80, id: 0, place: 2 };
  const b = { ip: 'fd00::1', port: 80, id: 1, place: 3 };
  endpoints.update([a, b]);
  endpoints.of(a).pick();
  endpoints.of({ ip: 'fd00::1', port: 80 }).pick();
  endpoints.of(b).pick();
  t.same([...new Float64Array(memory)].slice(2, 4), [1, 2]);
  t.same(endpoints.of(b).sockaddr, encodeSockaddr(b));
  t.equal(endpoints.of(b).sockaddr, endpoints.of(b).sockaddr, 'made once');
  t.ok(endpoints.of(a).isAt(Buffer.from(encodeSockaddr(a))));
  t.notOk(endpoints.of(a).isAt(Buffer.from(encodeSockaddr({ ip: '10.0.0.1', port: 81 }))));
  t.notOk(endpoints.of(a).isAt(Buffer.from(encodeSockaddr({ ip: '10.0.0.2', port: 80 }))));
});

t.test('an endpoint knows whether a dial to it may come from its own port', async (t) => {
  const endpoints = new PreparedEndpoints(pickMemory(), { first: 32_768, last: 60_999 });
  const ports = [80, 32_767, 32_768, 60_999, 61_000];
  endpoints.update(ports.map((port) => ({ ip: '10.0.0.1', port, id: 0, place: 0 })));
  t.same(
    ports.filter((port) => endpoints.of({ ip: '10.0.0.1', port }).isEphemeral),
    [32_768, 60_999],
  );
});

t.test('what it was not told of is an error', async (t) => {
  const endpoints = new PreparedEndpoints(pickMemory());
  t.throws(() => endpoints.update([{ ip: '10.0.0.1', port: 80, id: 0, place: 4096 }]), /no memory .* 4096/);
  t.throws(() => endpoints.of({ ip: '10.0.0.1', port: 80 }), /10.0.0.1 port 80 was not prepared/);
});

// What is established to an endpoint that leaves: the policies in real sockets, and the deadlines with time as a number.
import t from 'tap';
import { EndpointConnections } from '../../../lib/dataplane/node/endpoint-connections.js';
import type { EndpointAddress } from '../../../lib/model/endpoint.js';
import { fakeClock } from '../../support/fake-clock.js';
import { drainTests } from '../conformance/draining.js';
import { makeNodePlane } from './make-plane.js';

const a = { ip: '10.0.0.1', port: 80 };
const b = { ip: '10.0.0.2', port: 80 };

/** Connections that note why they were cut. */
function connections() {
  const clock = fakeClock();
  const cut: string[] = [];
  const subject = new EndpointConnections<{ fail(reason: string): void }>(clock);
  const connect = (name: string, endpoint: EndpointAddress) => {
    const connection = { fail: (reason: string) => void cut.push(`${name} ${reason}`) };
    subject.add(connection, endpoint);
    return connection;
  };
  const there =
    (...endpoints: EndpointAddress[]) =>
    (endpoint: EndpointAddress) =>
      endpoints.some(({ ip }) => ip === endpoint.ip);
  return { clock, cut, subject, connect, there };
}

t.test('one timer for each endpoint that left, none once nothing is left of it', async (t) => {
  const { clock, cut, subject, connect, there } = connections();
  const [one, two] = [connect('one', a), connect('two', { ...a })];
  connect('three', b);
  subject.update(there(b), { kind: 'reset', afterMs: 1000 });
  subject.update(there(b), { kind: 'reset', afterMs: 1000 });
  t.equal(clock.waiting(), 1);
  subject.delete(one);
  subject.delete(one);
  t.equal(clock.waiting(), 1);
  subject.delete(two);
  t.equal(clock.waiting(), 0);
  await clock.advance(2000);
  t.same(cut, []);
});

t.test('the time runs from when the endpoint left, over updates', async (t) => {
  const { clock, cut, subject, connect, there } = connections();
  connect('one', a);
  subject.update(there(b), { kind: 'leave' });
  t.equal(clock.waiting(), 0);
  await clock.advance(600);
  subject.update(there(), { kind: 'reset', afterMs: 1000 });
  await clock.advance(399);
  t.same(cut, []);
  await clock.advance(1);
  t.same(cut, ['one drained']);
});

t.test('an endpoint that comes back has not left', async (t) => {
  const { clock, cut, subject, connect, there } = connections();
  connect('one', a);
  subject.update(there(), { kind: 'reset', afterMs: 1000 });
  await clock.advance(999);
  subject.update(there(a), { kind: 'reset', afterMs: 1000 });
  t.equal(clock.waiting(), 0);
  await clock.advance(5000);
  subject.update(there(), { kind: 'reset', afterMs: 1000 });
  await clock.advance(999);
  t.same(cut, []);
  await clock.advance(1);
  t.same(cut, ['one drained']);
});

t.test('a time longer than a timer can be is waited for in parts', async (t) => {
  const { clock, cut, subject, connect, there } = connections();
  connect('one', a);
  const afterMs = 60 * 24 * 3600 * 1000;
  subject.update(there(), { kind: 'reset', afterMs });
  await clock.advance(2 ** 31 - 2);
  t.equal(clock.waiting(), 1);
  await clock.advance(2);
  t.equal(clock.waiting(), 1, 'the first part is over');
  t.same(cut, []);
  for (let part = 0; part < 3; part++) await clock.advance(2 ** 31 - 1);
  t.same(cut, ['one drained']);
});

drainTests(t, makeNodePlane);

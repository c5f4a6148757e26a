// Pins of clients: sliding time, a timeout that changes, endpoints that go, and a bound.
import t from 'tap';
import { maxPins, SessionAffinity } from '../../lib/balance/session-affinity.js';

const a = { ip: '10.0.0.1', port: 80 };
const b = { ip: '10.0.0.2', port: 80 };
const [one, two] = ['192.0.2.1', '192.0.2.2'] as const;

t.test('a pin lasts until its client was away for the timeout', async (t) => {
  const affinity = new SessionAffinity(1000);
  t.equal(affinity.endpointOf(one, 0), undefined);
  affinity.pin(one, a, 0);
  t.same(affinity.endpointOf(one, 999), a);
  t.equal(affinity.endpointOf(one, 1000), undefined);
  affinity.pin(one, a, 999);
  t.same(affinity.endpointOf(one, 1998), a, 'each use starts its time anew');
  t.equal(affinity.endpointOf(two, 999), undefined, 'another client has another pin');
});

t.test('another timeout holds for the pins that are there', async (t) => {
  const affinity = new SessionAffinity(1000);
  affinity.pin(one, a, 0);
  affinity.timeoutMs = 100;
  t.equal(affinity.endpointOf(one, 100), undefined);
  affinity.timeoutMs = 5000;
  t.same(affinity.endpointOf(one, 4999), a);
});

t.test('a client has one pin, the last', async (t) => {
  const affinity = new SessionAffinity(1000);
  affinity.pin(one, a, 0);
  affinity.pin(one, b, 10);
  t.same(affinity.endpointOf(one, 20), b);
  t.equal(affinity.size, 1);
});

t.test('pins of other endpoints are dropped, and do not come back with them', async (t) => {
  const affinity = new SessionAffinity(1000);
  affinity.pin(one, a, 0);
  affinity.pin(two, b, 0);
  affinity.keepOnly(({ ip }) => ip === b.ip);
  t.equal(affinity.endpointOf(one, 1), undefined);
  t.same(affinity.endpointOf(two, 1), b);
  affinity.keepOnly(() => true);
  t.equal(affinity.endpointOf(one, 2), undefined);
  affinity.pin(one, { ...a }, 3);
  t.same(affinity.endpointOf(one, 4), a);
});

t.test('one endpoint is one, however often its object is made anew', async (t) => {
  const affinity = new SessionAffinity(1000);
  affinity.pin(one, { ...a }, 0);
  affinity.pin(two, { ...a }, 0);
  affinity.keepOnly(() => false);
  t.same([affinity.endpointOf(one, 1), affinity.endpointOf(two, 1)], [undefined, undefined]);
});

t.test('at the bound the least recently used pins go', async (t) => {
  const affinity = new SessionAffinity(1_000_000);
  const client = (number: number): string => `10.${number >> 16}.${(number >> 8) & 255}.${number & 255}`;
  for (let number = 0; number < maxPins; number++) affinity.pin(client(number), a, number);
  affinity.pin(client(0), a, maxPins);
  affinity.pin(one, b, maxPins + 1);
  t.ok(affinity.size <= maxPins && affinity.size > maxPins - 100, `${affinity.size} are left`);
  t.equal(affinity.endpointOf(client(1), maxPins + 1), undefined, 'the one that was away longest');
  t.same(affinity.endpointOf(client(0), maxPins + 1), a, 'not the one that came first');
  t.same(affinity.endpointOf(client(100), maxPins + 1), a);
  for (let number = 0; number < 1000; number++) affinity.pin(`late ${number}`, b, maxPins + 2);
  t.ok(affinity.size <= maxPins);
  t.same(affinity.endpointOf(one, maxPins + 2), b);
});

t.test('what has expired makes room for others', async (t) => {
  const affinity = new SessionAffinity(1000);
  for (let number = 0; number < 100; number++) affinity.pin(`old ${number}`, a, number);
  for (let number = 0; number < 100; number++) affinity.pin(`new ${number}`, a, 5000);
  t.equal(affinity.size, 100);
});

// What counts as growth, and which counters must agree with what the peers saw.
import t from 'tap';
import { endpointChurn } from '../../../bench/soak/endpoint-churn.js';
import { Tally } from '../../../bench/soak/tally.js';
import { growth, type Sample, tcpAccounts, udpAccounts } from '../../../bench/soak/verdict.js';

const sample: Sample = {
  descriptors: { socket: 5, pipe: 20 },
  residentKib: 80_000,
  heapBytes: 5_000_000,
  connections: 1,
};

t.test('descriptors, memory and heap may not grow; a few pipes are kept for the next stream', async (t) => {
  const last = { ...sample, descriptors: { socket: 5, pipe: 40 }, residentKib: 90_000 };
  t.same(growth([sample, { ...sample, descriptors: { socket: 900 } }, last]), []);
  t.same(growth([sample, { ...sample, descriptors: { socket: 6, pipe: 65, file: 1 } }]), [
    'descriptors of kind socket: from 5 to 6',
    'descriptors of kind pipe: from 20 to 65',
    'descriptors of kind file: from 0 to 1',
  ]);
  t.match(growth([sample, { ...sample, residentKib: 120_000 }]), [/resident memory grew/]);
  t.match(growth([sample, { ...sample, heapBytes: 9_000_000 }]), [/heap grew/]);
  t.equal(growth([]).length, 1);
});

t.test('TCP: every connection has one end, every byte of clean ones is counted', async (t) => {
  const tally = Object.assign(new Tally(), {
    connected: 10,
    clean: 10,
    clientBytes: 100,
    endpointBytes: 200,
  });
  const counters = { opened: 10, open: 0, failed: {}, rxBytes: 100, txBytes: 200 };
  t.same(tcpAccounts('x', counters, tally), []);
  t.match(tcpAccounts('x', { ...counters, rxBytes: 99 }, tally), [/rxBytes is 99, the peers saw 100/]);
  t.match(tcpAccounts('x', { ...counters, failed: { dial: 1 } }, tally), [/clean is 9/]);
  const cut = Object.assign(new Tally(), { connected: 3, clean: 1, cutByClient: 2 });
  t.same(tcpAccounts('x', { ...counters, opened: 3, failed: { 'client-reset': 2 } }, cut), []);
  t.match(tcpAccounts('x', { ...counters, opened: 3, failed: { 'endpoint-reset': 2 } }, cut), [
    /client-reset is 0/,
    /endpoint-reset is 2/,
  ]);
});

t.test('UDP: nobody stays, answers are counted, few questions are lost', async (t) => {
  const tally = Object.assign(new Tally(), { connected: 10, clean: 100, endpointBytes: 500 });
  const counters = { opened: 11, open: 0, failed: { 'endpoint-gone': 1 }, rxBytes: 600, txBytes: 500 };
  t.same(udpAccounts('x', counters, tally), []);
  const lossy = Object.assign(new Tally(), { ...tally, refused: 6 });
  t.match(udpAccounts('x', { ...counters, opened: 12, open: 1, txBytes: 1 }, lossy), [
    /still open/,
    /12 opened/,
    /500 B answered/,
    /6 questions lost/,
  ]);
});

t.test('endpoints come and go, all of them in turn', async (t) => {
  const all = [1, 2, 3].map((port) => ({ ip: '127.0.0.1', port }));
  const churn = endpointChurn({ all, dead: { ip: '127.0.0.1', port: 9 }, emptyEvery: 4 });
  const ports = Array.from({ length: 5 }, () => churn.change().map(({ port }) => port));
  t.same(ports, [[1, 3], [1, 2], [9, 2, 3], [], [1, 2]]);
  t.equal(churn.endpoints.length, 2);
});

// One direction of a relay: bytes in order, bounded memory, the end passed on.
import { Socket } from 'node:net';
import t, { type Test } from 'tap';
import { OneWay } from '../../../lib/dataplane/node/one-way.js';
import { receiveAll, tcpClient, tcpEndpoint } from '../conformance/tcp-peers.js';
import { eventually, settledValue } from '../conformance/waiting.js';

/** Two TCP connections with a direction in between that is not connected yet. */
async function twoPairs(t: Test, earlyDataBytes: number) {
  const accepted: Socket[] = [];
  const endpoint = await tcpEndpoint(t, (socket) => accepted.push(socket));
  const sender = await tcpClient(t, endpoint.port);
  const receiver = await tcpClient(t, endpoint.port);
  await eventually('both are accepted', () => accepted.length === 2);
  const [from, to] = accepted;
  if (from === undefined || to === undefined) throw new Error('not accepted');
  const seen = { read: 0, wrote: 0, stalled: 0, ended: 0 };
  const oneWay = new OneWay(from, earlyDataBytes, {
    read: (bytes) => {
      seen.read += bytes;
    },
    wrote: () => {
      seen.wrote++;
    },
    stalled: () => {
      seen.stalled++;
    },
    ended: () => {
      seen.ended++;
    },
  });
  return { sender, receiver, from, to, oneWay, seen };
}

t.test(
  'before it is connected it reads ahead up to its limit and one chunk, then passes all on',
  async (t) => {
    const { sender, receiver, to, oneWay, seen } = await twoPairs(t, 100_000);
    const all = Buffer.alloc(3_000_000, 'abcdefg');
    sender.end(all);
    const ahead = await settledValue(() => seen.read, 200);
    t.ok(ahead >= 100_000 && ahead < 100_000 + 65_536, `${ahead} bytes read ahead`);
    t.equal(seen.ended, 0);
    oneWay.connect(to);
    const { data, end } = await receiveAll(receiver);
    t.ok(data.equals(all));
    t.equal(end, 'fin');
    t.equal(seen.ended, 1);
    t.ok(seen.wrote > 0);
  },
);

t.test('an end that came before it was connected is passed on', async (t) => {
  const { sender, receiver, to, oneWay, seen } = await twoPairs(t, 1000);
  sender.end('short');
  await eventually('the end is seen', () => seen.ended === 1);
  oneWay.connect(to);
  t.same(await receiveAll(receiver), { data: Buffer.from('short'), end: 'fin' });
});

t.test('while one chunk waits to be written nothing more is read but one chunk', async (t) => {
  const { sender, from, oneWay, seen } = await twoPairs(t, 1000);
  const stuck = new Socket();
  // Takes the first chunk and never finishes it.
  stuck._write = () => {};
  oneWay.connect(stuck);
  sender.write(Buffer.alloc(3_000_000));
  const read = await settledValue(() => seen.read, 200);
  t.ok(read <= 65_536, `${read} bytes taken`);
  t.ok(from.readableLength <= 65_536, `${from.readableLength} bytes read ahead`);
  t.ok(seen.stalled > 0, 'and it is told that something waits');
});

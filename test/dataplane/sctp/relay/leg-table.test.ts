import t from 'tap';
import { Leg } from '../../../../lib/dataplane/sctp/relay/leg.js';
import { LegTable } from '../../../../lib/dataplane/sctp/relay/leg-table.js';
import { ipWords } from '../../../../lib/dataplane/sctp/wire/ip-words.js';

const local = ipWords('10.0.0.2');
const legOf = (name: string, peer: string, peerPort: number): Leg<string> =>
  new Leg(name, { peer: ipWords(peer), peerPort, local, localPort: 10_000, scope: 0 });

t.test('finds a leg by both of its ends, and no other, also where buckets are shared', async (t) => {
  // 16 buckets for 300 legs.
  const table = new LegTable<string>(1, 42);
  const legs = Array.from({ length: 300 }, (_, index) => legOf(`leg ${index}`, `10.1.${index % 3}.1`, index));
  for (const leg of legs) table.add(leg);
  t.equal(table.size, 300);
  const find = (leg: Leg<string>) => table.find(leg.peer, leg.peerPort, local, 10_000)?.flow;
  t.ok(legs.every((leg) => find(leg) === leg.flow));
  const [first] = legs;
  if (first === undefined) throw new Error('there are legs');
  t.equal(table.find(first.peer, first.peerPort, ipWords('10.0.0.3'), 10_000), undefined);
  t.equal(table.find(first.peer, first.peerPort, local, 10_001), undefined);
  t.equal(table.find(ipWords('fd00::1'), first.peerPort, local, 10_000), undefined);
  for (const leg of legs.slice(0, 150)) table.remove(leg);
  t.equal(table.size, 150);
  t.ok(legs.every((leg, index) => (find(leg) === undefined) === index < 150));
  t.throws(() => table.remove(first), /not in the table/);
});

t.test('addresses and ports that strangers choose in a row spread over the buckets', async (t) => {
  const table = new LegTable<string>(1024, 7);
  const legs = Array.from({ length: 1024 }, (_, index) =>
    legOf('', `10.2.${index >> 8}.${index & 255}`, 5000),
  );
  for (const leg of legs) table.add(leg);
  const chains = legs.map((leg) => {
    let length = 0;
    for (let here: Leg<string> | undefined = leg; here !== undefined; here = here.next) length++;
    return length;
  });
  t.ok(Math.max(...chains) < 12, `the longest chain has ${Math.max(...chains)}`);
});

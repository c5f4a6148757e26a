// A series of requests: four claims, each of which fails when its own evidence is missing.
import t from 'tap';
import { answered, inTurn, showSeries } from '../../../lib/demo/scenes/requests.js';
import { web } from '../../../lib/demo/services.js';
import { createFakeWorld, type Fault } from '../../support/fake-theatre.js';

async function claimsOf(fault?: Fault) {
  const world = createFakeWorld(fault);
  const claims = await showSeries(world.theatre, world.story, {
    place: 'pods',
    asker: 'pod',
    service: web,
    times: 6,
    chain: 'KUBE-PORTALS-CONTAINER',
    flowNotes: ['asked', 'answers'],
  });
  return { ...world, claims };
}

t.test('answers, logs, counter and translation are shown beside one another', async (t) => {
  const { claims, told } = await claimsOf();
  t.same(
    claims.map(({ text, evidence, holds }) => [holds, `${text} – ${evidence}`]),
    [
      [true, 'pod → web: every request is answered – 6 of 6; 6 in the log of the named endpoint'],
      [true, 'pod → web: the endpoints take turns – .11 .12 .13 .11 .12 .13'],
      [true, 'pod → web: a rule steered each – KUBE-PORTALS-CONTAINER counted 0 → 6'],
      [true, 'pod → web: conntrack sends answers back – asked port 80, reply from port 40001'],
    ],
  );
  const text = told.join('\n');
  t.match(text, '/1  hello, says web at 10.244.0.11:8080 its log: answered /1 to 10.244.0.1:50001');
  t.match(text, 'src=10.244.0.1 dst=10.244.0.2 sport=40001 dport=50001 answers');
});

const faults: readonly [fault: Fault, holds: readonly boolean[]][] = [
  ['rules withheld', [false, false, false, false]],
  ['counter stands still', [true, true, false, true]],
  ['no translation', [true, true, true, false]],
  ['always the same endpoint', [true, false, true, true]],
  ['somebody else answers', [false, true, true, true]],
];

for (const [fault, holds] of faults) {
  t.test(`${fault}: noticed`, async (t) => {
    const { claims } = await claimsOf(fault);
    t.same(
      claims.map((claim) => claim.holds),
      holds,
    );
  });
}

t.test('a request that failed is named', async (t) => {
  const { theatre } = createFakeWorld();
  const claim = answered(theatre, 'x', [{ id: '/1', error: 'ECONNRESET' }], 1);
  t.match(claim, { evidence: '0 of 1; /1 ECONNRESET', holds: false });
});

t.test('fewer replies than requests are no success', async (t) => {
  const { theatre } = createFakeWorld();
  const replies = await theatre.ask('pods', web, 2);
  t.equal(answered(theatre, 'x', replies, 2).holds, true);
  t.equal(answered(theatre, 'x', replies, 3).holds, false);
  t.match(inTurn('x', [], web.endpointIps), { evidence: 'nobody answered', holds: false });
});

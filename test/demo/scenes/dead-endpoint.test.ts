// The endpoint that dies: the scene claims a retry, and must not where there was none.
import t from 'tap';
import { endpointDies } from '../../../lib/demo/scenes/dead-endpoint.js';
import { createFakeWorld } from '../../support/fake-theatre.js';

t.test('every request is answered, and the refused dial is counted', async (t) => {
  const { theatre, story, told } = createFakeWorld();
  const claims = await endpointDies(theatre, story);
  t.same(
    claims.map(({ holds }) => holds),
    [true, true],
  );
  t.match(claims[1], { evidence: /failed dials 0 → [12]; picks \+\d \+\d \+0/ });
  t.match(told.join('\n'), 'kill -KILL 77');
});

t.test('a proxy that does not retry fails the first claim', async (t) => {
  const { theatre, story } = createFakeWorld('no retry');
  const [answered] = await endpointDies(theatre, story);
  t.match(answered, { holds: false, evidence: /ECONNRESET/ });
});

t.test('when nobody was sent to the dead endpoint, nothing is shown of a retry', async (t) => {
  const { theatre, story } = createFakeWorld('always the same endpoint');
  const [answered, retried] = await endpointDies(theatre, story);
  t.equal(answered?.holds, true);
  t.equal(retried?.holds, false);
});

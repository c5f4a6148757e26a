// The order of the play: what fails in the opening ends it with a search; what fails later does not.
import t from 'tap';
import { perform, wholeProgramme } from '../../lib/demo/performance.js';
import { createFakeWorld } from '../support/fake-theatre.js';

t.test('in a sound world every scene is played and every claim holds', async (t) => {
  const { theatre, story, told } = createFakeWorld();
  t.equal(await perform(theatre, story), true);
  t.match(told.join('\n'), 'kube-portal is killed, and starts again');
  t.notMatch(told.join('\n'), 'Lost ');
});

t.test('without rules the rest is left out, and the loss is told last', async (t) => {
  const { theatre, story, told } = createFakeWorld('rules withheld');
  t.equal(await perform(theatre, story), false);
  t.match(told.at(-2), /^Lost before the listener/);
  t.equal(told.at(-1), `${wholeProgramme.rest.length} more scenes were left out: they need what failed.`);
  t.notMatch(told.join('\n'), 'An endpoint dies');
});

t.test('what fails later lets the others be played, and fails the whole', async (t) => {
  const { theatre, story, told } = createFakeWorld('new ports after a restart');
  t.equal(await perform(theatre, story), false);
  t.notMatch(told.join('\n'), 'Lost ');
  t.match(told.join('\n'), 'false restart: same proxy ports, answers again');
});

// The first scene: what it claims holds where it is so, and fails where it is not.
import t from 'tap';
import { listenerAndRule } from '../../../lib/demo/scenes/listener-and-rule.js';
import { createFakeWorld } from '../../support/fake-theatre.js';

t.test('listeners and rules are shown, and claimed', async (t) => {
  const { theatre, story, told } = createFakeWorld();
  const claims = await listenerAndRule(theatre, story);
  t.same(
    claims.map(({ text, evidence, holds }) => [holds, `${text} – ${evidence}`]),
    [
      [true, 'web: it has a listener – TCP port 40001 of process 100'],
      [true, 'web: rules steer 10.96.0.80:80 there – REDIRECT to 40001, in 2 chains'],
      [true, 'clock: it has a listener – UDP port 40002 of process 100'],
      [true, 'clock: rules steer 10.96.0.37:37 there – REDIRECT to 40002, in 2 chains'],
    ],
  );
  t.ok(told.includes('kubeportal_data_plane_info{kind="node",reason="asked for"} 1'), 'and the data plane');
  t.match(told.join('\n'), /-A KUBE-PORTALS-HOST -d 10\.96\.0\.37\/32 .* --to-ports 40002/);
});

t.test('without listeners neither claim holds, for the rules lead nowhere', async (t) => {
  const { theatre, story } = createFakeWorld('no listeners');
  const claims = await listenerAndRule(theatre, story);
  t.same(
    claims.map(({ holds }) => holds),
    [false, false, false, false],
  );
});

for (const fault of ['rules withheld', 'one rule missing'] as const) {
  t.test(`${fault}: the listeners are there, the rules are not`, async (t) => {
    const { theatre, story } = createFakeWorld(fault);
    const claims = await listenerAndRule(theatre, story);
    t.same(
      claims.map(({ holds }) => holds),
      [true, false, true, false],
    );
  });
}

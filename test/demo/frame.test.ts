// Before and after the scenes.
import t from 'tap';
import { tellEnd, tellHowToGoOn, tellPrologue } from '../../lib/demo/frame.js';
import { createNamespace } from '../../lib/demo/namespaces.js';
import { createFakeWorld } from '../support/fake-theatre.js';

t.test('the prologue says who made the namespaces, and what was broken on purpose', async (t) => {
  const { story, told } = createFakeWorld();
  tellPrologue(story, { rootless: false, withholdRules: false, manifests: '/m' });
  t.match(told.join('\n'), 'made by root');
  t.match(told.join('\n'), 'node$ kube-portal run --manifests /m');
  t.notMatch(told.join('\n'), '--break');
  tellPrologue(story, { rootless: true, withholdRules: true, manifests: '/m' });
  t.match(told.join('\n'), 'owned by an ordinary user');
  t.match(told.at(-1), /^--break rules: /);
});

t.test('how to go on: the very commands that enter the namespaces', async (t) => {
  const node = await createNamespace('node');
  t.teardown(() => node.close());
  const { story, told } = createFakeWorld();
  tellHowToGoOn(story, { node, pods: node, manifests: '/m' });
  t.ok(told.includes(node.command(['curl', 'http://10.96.0.80/']).join(' ')));
  t.ok(told.includes('/m'));
});

t.test('the end', async (t) => {
  const { story, told } = createFakeWorld();
  tellEnd(story, true, 3_400);
  tellEnd(story, false, 10_000);
  t.same(told, ['\nAll of it happened (3 s).', '\nNot all of it happened (10 s).']);
});

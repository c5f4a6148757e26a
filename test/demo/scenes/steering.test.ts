// The three ways into a Service: each scene asks from its own place and looks at its own chain.
import t from 'tap';
import { nodeAsks, podAsks, udpAsks } from '../../../lib/demo/scenes/steering.js';
import { createFakeWorld } from '../../support/fake-theatre.js';

const scenes = { podAsks, nodeAsks, udpAsks };
const expected = {
  podAsks: ['pod → web', 'KUBE-PORTALS-CONTAINER counted 0 → 6', 4],
  nodeAsks: ['node → web', 'KUBE-PORTALS-HOST counted 0 → 3', 4],
  udpAsks: ['pod → clock', 'KUBE-PORTALS-CONTAINER counted 0 → 4', 5],
} as const;

for (const name of ['podAsks', 'nodeAsks', 'udpAsks'] as const) {
  t.test(`${name}: all claims hold in a sound world`, async (t) => {
    const { theatre, story } = createFakeWorld();
    const claims = await scenes[name](theatre, story);
    const [subject, counted, count] = expected[name];
    t.equal(claims.length, count);
    for (const { text, evidence, holds } of claims) t.ok(holds, `${text}: ${evidence}`);
    t.ok(claims.some(({ text, evidence }) => text.startsWith(subject) && evidence === counted));
  });
}

t.test('UDP from the node is a claim of its own', async (t) => {
  const { theatre, story } = createFakeWorld('rules withheld');
  const claims = await udpAsks(theatre, story);
  t.match(claims.at(-1), { text: 'node → clock: every request is answered', holds: false });
});

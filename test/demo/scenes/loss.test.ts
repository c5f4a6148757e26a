// The search for a lost packet shows each station and ends with a verdict.
import t from 'tap';
import { tellWhereItIsLost } from '../../../lib/demo/scenes/loss.js';
import { podAsks } from '../../../lib/demo/scenes/steering.js';
import { createFakeWorld, type Fault } from '../../support/fake-theatre.js';

const table: readonly [fault: Fault, verdict: RegExp][] = [
  ['rules withheld', /^Lost before the listener: .* 4 packets for a ClusterIP came to the gateway/],
  ['counter stands still', /^Lost before the rule/],
  ['no translation', /^Lost at the rule: it counted 6 packets/],
  ['no listeners', /^Lost behind the rule: it leads to port 40001/],
  ['always the same endpoint', /^Lost in the proxy/],
];

for (const [fault, expected] of table) {
  t.test(`${fault}: ${expected.source}`, async (t) => {
    const { theatre, story, told } = createFakeWorld(fault);
    await podAsks(theatre, story);
    const verdict = await tellWhereItIsLost(theatre, story);
    t.match(verdict, expected);
    t.equal(told.at(-1), verdict);
    t.match(told.join('\n'), 'warn: rules are gone');
    t.notMatch(told.join('\n'), 'info: fine');
  });
}

// The restart: same ports, no packet out of the node, and what is said when it is otherwise.
import t from 'tap';
import { gatewayCommand, proxyRestarts } from '../../../lib/demo/scenes/restart.js';
import { createFakeWorld, type Fault } from '../../support/fake-theatre.js';

const table: readonly [fault: Fault | undefined, holds: readonly boolean[]][] = [
  [undefined, [true, true, true]],
  ['new ports after a restart', [true, false, true]],
  ['packets get out', [true, true, false]],
  ['rules withheld', [false, false, false]],
];

for (const [fault, holds] of table) {
  t.test(`${fault ?? 'all is well'}: ${holds.join(', ')}`, async (t) => {
    const { theatre, story } = createFakeWorld(fault);
    const claims = await proxyRestarts(theatre, story);
    t.same(
      claims.map((claim) => claim.holds),
      holds,
    );
  });
}

t.test('the gateway is asked with the program that made its rule', async (t) => {
  t.equal(gatewayCommand('iptables-legacy'), 'iptables-legacy -t raw -vnL PREROUTING');
});

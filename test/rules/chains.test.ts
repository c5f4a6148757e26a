// Whose chain is it?
import t from 'tap';
import { isPortalChain, isRemovableChain, jumps } from '../../lib/rules/chains.js';
import { targetOf } from '../../lib/rules/rule-text.js';

const table: readonly [name: string, ours: boolean, removable: boolean][] = [
  ['KUBE-PORTALS-CONTAINER', true, true],
  ['KUBE-PORTALS-0a600000-14', true, true],
  ['KUBE-NODEPORT-CONTAINER', false, true],
  ['KUBE-NODEPORT-HOST', false, true],
  ['KUBE-NODEPORT-NON-LOCAL', false, true],
  ['KUBE-NODEPORTS', false, false],
  ['KUBE-SERVICES', false, false],
  ['KUBE-PORTALS', false, false],
  ['INPUT', false, false],
  ['DOCKER', false, false],
];

t.test('chains of ours, and those that cleanup takes', async (t) => {
  for (const [name, ours, removable] of table) {
    t.equal(isPortalChain(name), ours, name);
    t.equal(isRemovableChain(name), removable, name);
  }
});

t.test('every jump leads to a chain of ours, and none hangs in FORWARD', async (t) => {
  for (const { from, rule } of [...jumps.nat, ...jumps.filter]) {
    t.ok(isPortalChain(targetOf(rule) ?? ''), rule);
    t.ok(['PREROUTING', 'OUTPUT', 'INPUT'].includes(from));
  }
});

// Whose chain is it?
import t from 'tap';
import { isNodePortChain, isOurChain, isRemovableChain, jumps } from '../../lib/rules/chains.js';
import { targetOf } from '../../lib/rules/rule-text.js';

const table: readonly [name: string, ours: boolean, removable: boolean][] = [
  ['KUBE-PORTALS-CONTAINER', true, true],
  ['KUBE-PORTALS-0a600000-14', true, true],
  ['KUBE-NODEPORT-CONTAINER', true, true],
  ['KUBE-NODEPORT-HOST', true, true],
  ['KUBE-NODEPORT-OFFERED', true, true],
  ['KUBE-NODEPORT-T7530-12', true, true],
  ['KUBE-NODEPORT-THEIRS', false, false],
  ['KUBE-NODEPORT-NON-LOCAL', false, true],
  ['KUBE-NODEPORTS', false, false],
  ['KUBE-SERVICES', false, false],
  ['KUBE-PORTALS', false, false],
  ['INPUT', false, false],
  ['DOCKER', false, false],
];

t.test('chains of ours, and those that cleanup takes', async (t) => {
  for (const [name, ours, removable] of table) {
    t.equal(isOurChain(name), ours, name);
    t.equal(isRemovableChain(name), removable, name);
  }
});

t.test('every jump leads to a chain of ours; those to the nodePorts are appended', async (t) => {
  for (const { at, rule } of [...jumps.nat, ...jumps.filter]) {
    const target = targetOf(rule) ?? '';
    t.ok(isOurChain(target), rule);
    t.equal(at, isNodePortChain(target) ? 'end' : 'top', rule);
  }
});

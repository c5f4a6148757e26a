// Which nodes can reach one another.
import t from 'tap';
import { strongComponents } from '../../lib/model/strong-components.js';

/** `ab bc` reads a → b, b → c. The components with more than one node, each sorted. */
function cyclesOf(edges: string): string {
  const targets = new Map<string, string[]>();
  for (const [from = '', to = ''] of edges.split(' ')) targets.set(from, [...(targets.get(from) ?? []), to]);
  const members = new Map<number, string[]>();
  for (const [node, component] of strongComponents(targets)) {
    members.set(component, [...(members.get(component) ?? []), node].sort());
  }
  const cycles = [...members.values()].filter((nodes) => nodes.length > 1);
  return cycles
    .map((nodes) => nodes.join(''))
    .sort()
    .join(' ');
}

t.test('nodes of one cycle are one component', async (t) => {
  const table: readonly [edges: string, cycles: string][] = [
    ['ab bc', ''],
    ['ab ba', 'ab'],
    ['aa', ''],
    ['ab bc ca', 'abc'],
    ['ab bc cb', 'bc'],
    ['ab ba bc cd dc', 'ab cd'],
    ['ab ac bd cd', ''],
    ['ab bc ca cd de ec', 'abcde'],
    ['ab bc cd db da', 'abcd'],
  ];
  for (const [edges, cycles] of table) t.equal(cyclesOf(edges), cycles, edges);
});

t.test('a chain as long as a big cluster does not overflow the stack', async (t) => {
  const length = 50_000;
  const targets = new Map(
    Array.from({ length }, (_, index) => [`${index}`, [`${(index + 1) % length}`]] as const),
  );
  t.equal(new Set(strongComponents(targets).values()).size, 1);
});

// What is in force, decided purely.
import t from 'tap';
import type { Held } from '../../../lib/sources/file/decode.js';
import { emptyContent } from '../../../lib/sources/file/manifest-content.js';
import { changesBetween, heldAfter, mergeFiles } from '../../../lib/sources/file/merge.js';

const map = (...entries: readonly (readonly [string, string])[]): Map<string, Held> =>
  new Map(entries.map(([key, json]) => [key, { key, json }]));
const shown = (held: ReadonlyMap<string, Held>): string[] =>
  [...held.values()].map(({ key, json }) => `${key}=${json}`).sort();

t.test('a refused object keeps its last state; one that left is gone', async (t) => {
  const before = map(['a', '1'], ['b', '1'], ['c', '1']);
  const content = { ...emptyContent, objects: map(['a', '2']), refusedKeys: new Set(['b', 'new']) };
  t.strictSame(shown(heldAfter(before, content)), ['a=2', 'b=1']);
});

t.test("where something can't be told, nothing is gone", async (t) => {
  const content = { ...emptyContent, objects: map(['a', '2'], ['d', '1']), incomplete: true };
  t.strictSame(shown(heldAfter(map(['a', '1'], ['b', '1']), content)), ['a=2', 'b=1', 'd=1']);
});

t.test('the first file wins, and the others are told', async (t) => {
  const { inForce, duplicates } = mergeFiles([
    { path: 'a.yaml', held: map(['x', '1'], ['y', '1']) },
    { path: 'b.yaml', held: map(['x', '2'], ['z', '2']) },
  ]);
  t.strictSame(shown(inForce), ['x=1', 'y=1', 'z=2']);
  t.strictSame([...duplicates], ['b.yaml: x: is in a.yaml too, which is used because it sorts first']);
});

t.test('only differences are changes', async (t) => {
  const { upserts, removals } = changesBetween(
    map(['a', '1'], ['b', '1'], ['c', '1']),
    map(['a', '1'], ['b', '2'], ['d', '1']),
  );
  t.strictSame(
    upserts.map(({ key }) => key),
    ['b', 'd'],
  );
  t.strictSame(
    removals.map(({ key }) => key),
    ['c'],
  );
});

// A map that is copied when it has to be.
import t from 'tap';
import { copyOnWriteMap } from '../../lib/model/copy-on-write-map.js';

t.test('without a difference it is the original itself', async (t) => {
  const original = new Map([['a', 1]]);
  const map = copyOnWriteMap(original);
  map.set('a', 1);
  map.delete('b');
  t.equal(map.result(), original);
});

t.test('with one it is a copy, and the original stays as it was', async (t) => {
  const original = new Map([
    ['a', 1],
    ['b', 2],
  ]);
  const map = copyOnWriteMap(original);
  map.set('b', 3);
  map.delete('a');
  map.set('c', 4);
  t.same([map.get('a'), map.get('b')], [undefined, 3]);
  t.same(
    [...map.result()],
    [
      ['b', 3],
      ['c', 4],
    ],
  );
  t.same(
    [...original],
    [
      ['a', 1],
      ['b', 2],
    ],
  );
});

t.test('an entry of undefined is an entry', async (t) => {
  const map = copyOnWriteMap(new Map<string, undefined>());
  map.set('a', undefined);
  t.ok(map.result().has('a'));
});

// Fields by their paths.
import t from 'tap';
import { isSameValue, valueAt, withValue } from '../../../lib/cli/config/field-path.js';

const config = { mode: 'x', conntrack: { min: 1, max: 2 }, list: ['a'] };

t.test('a value is found by its path, and nothing where there is no such field', async (t) => {
  t.equal(valueAt(config, 'mode'), 'x');
  t.equal(valueAt(config, 'conntrack.min'), 1);
  t.equal(valueAt(config, 'conntrack.min.more'), undefined);
  t.equal(valueAt(config, 'none.min'), undefined);
});

t.test('another value makes a copy, and leaves the rest and the original alone', async (t) => {
  const changed = withValue(config, 'conntrack.min', 7);
  t.same(changed, { mode: 'x', conntrack: { min: 7, max: 2 }, list: ['a'] });
  t.equal(changed.list, config.list);
  t.equal(config.conntrack.min, 1);
});

t.test('values are the same whatever the order of keys, but not of lists', async (t) => {
  t.ok(isSameValue({ a: 1, b: { c: 2, d: 3 } }, { b: { d: 3, c: 2 }, a: 1 }));
  t.notOk(isSameValue(['a', 'b'], ['b', 'a']));
  t.notOk(isSameValue({ a: 1 }, { a: '1' }));
});

// Lines and columns.
import t from 'tap';
import { columns, wrap } from '../../lib/demo/text-layout.js';

t.test('what fits is left alone, runs of blanks too', async (t) => {
  t.same(wrap('  a   b', 10), ['  a   b']);
});

t.test('what is too long breaks at blanks, and hangs', async (t) => {
  t.same(wrap('one two three four', 9, '  '), ['one two', '  three', '  four']);
  t.same(wrap('unbreakably long', 5), ['unbreakably', 'long']);
});

t.test('columns are as wide as their widest cell', async (t) => {
  t.same(
    columns([
      ['/9', 'a'],
      ['/10', 'b'],
    ]),
    ['/9   a', '/10  b'],
  );
  t.same(columns([['a'], ['b', 'c']]), ['a', 'b  c']);
  t.same(columns([]), []);
});

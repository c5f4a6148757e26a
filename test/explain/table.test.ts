// Columns of text.
import t from 'tap';
import { printable, shorten, table, wrap } from '../../lib/explain/table.js';

const columns = [
  { title: 'NAME', excess: 'cut' },
  { title: 'N', align: 'right' },
] as const;

t.test('columns are aligned, and nothing hangs on at the end', async (t) => {
  t.same(
    table(columns, [
      ['web', '7'],
      ['a-long-name', '12'],
    ]),
    ['NAME          N', 'web           7', 'a-long-name  12'],
  );
});

t.test('what may be cut is, when the line is too long', async (t) => {
  const lines = table(columns, [['a-very-long-name-indeed', '12']], 14);
  t.same(lines, ['NAME         N', 'a-very-lo…  12']);
  t.ok(lines.every((line) => line.length <= 14));
});

t.test('without titles there is no line for them', async (t) => {
  t.same(table([{ title: '' }], [['one']]), ['one']);
});

t.test('long text is broken at blanks', async (t) => {
  t.same(wrap('one two three', 8), ['one two', 'three']);
  t.same(wrap('incompressible', 5), ['incompressible']);
  t.equal(shorten('abcdef', 4), 'abc…');
});

t.test('what may be wrapped goes on in the next line; words stay whole', async (t) => {
  const both = [
    { title: '', excess: 'wrap' },
    { title: '', excess: 'wrap' },
    { title: '', excess: 'wrap' },
  ] as const;
  const rows = [
    ['10.0.0.1:80', 'not used: on node incompressible-name', 'ok'],
    ['10.0.0.2:80', 'usable', 'answers'],
  ];
  t.same(table(both, rows, 42), [
    '10.0.0.1:80  not used: on node     ok',
    '             incompressible-name',
    '10.0.0.2:80  usable                answers',
  ]);
  t.ok(
    table(both, rows, 1).every((line) => !line.includes('…')),
    'nothing is cut where nothing fits',
  );
});

t.test('the widest gives way first', async (t) => {
  const both = [
    { title: '', excess: 'cut' },
    { title: '', excess: 'cut' },
  ] as const;
  t.same(table(both, [['a'.repeat(30), 'b'.repeat(12)]], 28), [`${'a'.repeat(13)}…  ${'b'.repeat(12)}`]);
});

t.test('what a terminal would obey is not printed', async (t) => {
  t.equal(printable('a\u001b[31mb\nc\u009bd'), 'a?[31mb\nc?d');
});

// Lines, columns and field paths as people read them.
import t from 'tap';
import { formatFieldPath, positionAt } from '../../../lib/sources/file/text-position.js';

t.test('lines and columns count from 1', async (t) => {
  const text = 'ab\ncd\r\n\nef';
  t.strictSame(positionAt(text, 0), { line: 1, column: 1 });
  t.strictSame(positionAt(text, 4), { line: 2, column: 2 });
  t.strictSame(positionAt(text, 8), { line: 4, column: 1 });
  t.strictSame(positionAt(text, 10), { line: 4, column: 3 });
});

t.test('a text may begin anywhere in its file', async (t) => {
  t.strictSame(positionAt('ab\ncd', 1, { line: 7, column: 5 }), { line: 7, column: 6 });
  t.strictSame(positionAt('ab\ncd', 4, { line: 7, column: 5 }), { line: 8, column: 2 });
});

t.test('field paths are written as kubectl writes them', async (t) => {
  t.equal(formatFieldPath(['spec', 'ports', 0, 'port']), 'spec.ports[0].port');
  t.equal(
    formatFieldPath(['metadata', 'labels', 'app.kubernetes.io/name']),
    'metadata.labels["app.kubernetes.io/name"]',
  );
  t.equal(formatFieldPath([]), '');
});

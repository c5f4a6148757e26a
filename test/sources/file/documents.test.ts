// A file's documents, JSON and YAML alike: values, errors and positions.
import t from 'tap';
import { type ManifestDocument, manifestDocuments } from '../../../lib/sources/file/documents.js';
import type { FieldPath } from '../../../lib/sources/file/text-position.js';

/** Values, or `line:column: message`. */
function documentsIn(text: string, json: boolean): readonly ManifestDocument[] {
  return [...manifestDocuments(text, json)].filter((document) => document !== undefined);
}

function read(text: string, json = false): unknown[] {
  return documentsIn(text, json).map((document) => {
    const parsed = document.parse();
    if (parsed.kind === 'value') return parsed.value;
    return `${parsed.position.line}:${parsed.position.column}: ${parsed.message}`;
  });
}

function locate(text: string, path: FieldPath, index = 0, json = false): unknown {
  const parsed = documentsIn(text, json)[index]?.parse();
  return parsed?.kind === 'value' ? parsed.positionOf(path) : parsed;
}

t.test('YAML documents one after the other', async (t) => {
  t.strictSame(read('a: 1\n---\n\n# nothing\n---\nb: [x]\n'), [{ a: 1 }, null, { b: ['x'] }]);
  t.strictSame(read('\uFEFFa: 1\n'), [{ a: 1 }]);
  t.strictSame(read('base: &b {x: 1}\nc:\n  <<: *b\n  y: 2\n'), [{ base: { x: 1 }, c: { x: 1, y: 2 } }]);
});

t.test(
  'JSON is one value, or several, and may be found in a YAML file and the other way round',
  async (t) => {
    t.strictSame(read('{"a": 1}\n', true), [{ a: 1 }]);
    t.strictSame(read('{"a": 1}\n{"b": 2} [3]', true), [{ a: 1 }, { b: 2 }, [3]]);
    t.strictSame(read('{"a": 1}\n---\n{"b": 2}\n'), [{ a: 1 }, { b: 2 }]);
    t.strictSame(read('{"a": 1}\n---\n{"b": 2}\n', true), [{ a: 1 }, { b: 2 }]);
    t.strictSame(read('a: 1\n', true), [{ a: 1 }]);
    t.strictSame(read('{a: 1, b: [x]}\n'), [{ a: 1, b: ['x'] }]);
  },
);

t.test('a syntax error has its place, and leaves the documents beside it alone', async (t) => {
  t.match(read('a: 1\n---\nb: [1, 2\nc: 3\n---\nd: 4\n'), [{ a: 1 }, /^4:1: /, { d: 4 }]);
  t.match(read('a: 1\na: 2\n'), [/^2:1: Map keys must be unique/]);
  t.match(read('a: *nowhere\n'), [/^1:1: .*nowhere/]);
  t.match(read('{"a": 1}\n{"b": }\n', true), [{ a: 1 }, '2:7: expected a value, got "}"']);
  t.match(read('{\n "a": 1,\n}\n', true), ['3:1: expected a string in double quotes, got "}"']);
});

t.test('an alias bomb is refused', async (t) => {
  const levels = Array.from(
    { length: 12 },
    (_, i) => `l${i + 1}: &l${i + 1} [${Array(9).fill(`*l${i}`).join(', ')}]`,
  );
  t.match(read(`l0: &l0 x\n${levels.join('\n')}\n`), [/Excessive alias count/]);
});

t.test('one document that would need too much memory is refused', async (t) => {
  t.match(read(`kind: Other\n${'key: "value"\n'.repeat(200_000)}`), [
    /^1:1: one document of more than 2 MiB/,
  ]);
});

t.test('a field has a position in each syntax', async (t) => {
  const yaml = 'x: 1\n---\nspec:\n  ports:\n    - port: http\n';
  t.strictSame(locate(yaml, ['spec', 'ports', 0, 'port'], 1), { line: 5, column: 13 });
  t.strictSame(locate(yaml, ['spec', 'ports', 0, 'name'], 1), { line: 5, column: 7 }, 'missing: its parent');
  t.strictSame(locate('{"x": 1}\n  {"spec":\n {"port": 1}}', ['spec', 'port'], 1, true), {
    line: 3,
    column: 11,
  });
  t.strictSame(locate('---\n{"spec":\n {"port": 1}}\n', ['spec', 'port']), { line: 3, column: 11 });
});

t.test('an item of a large List has its position in the file', async (t) => {
  const items = Array.from({ length: 4000 }, (_, i) => ({ name: `item-${i}`, spec: { port: i } }));
  const list = { kind: 'List', items };
  t.strictSame(locate(JSON.stringify(list, null, 1), ['spec', 'port'], 2, true), { line: 19, column: 13 });
  t.strictSame(locate(JSON.stringify(list), ['spec', 'port'], 1, true), {
    line: 1,
    column: JSON.stringify(list).indexOf('1}}') + 1,
  });
  const yaml = `kind: List\nitems:\n${items.map((item) => `- name: ${item.name}\n  spec:\n    port: ${item.spec.port}\n`).join('')}`;
  t.strictSame(locate(yaml, ['spec', 'port'], 2), { line: 11, column: 11 });
});

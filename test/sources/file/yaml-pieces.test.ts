// Where a YAML text may be cut.
import t from 'tap';
import { parse, parseAllDocuments } from 'yaml';
import { yamlPieces } from '../../../lib/sources/file/yaml-pieces.js';

t.test('documents are cut at their markers, and lines are counted', async (t) => {
  const table: readonly [string, readonly (readonly [number, string])[]][] = [
    ['a: 1\n', [[1, 'a: 1\n']]],
    [
      'a: 1\n---\nb: 2\n',
      [
        [1, 'a: 1\n'],
        [2, '---\nb: 2\n'],
      ],
    ],
    [
      '# hello\n\n---\na: 1\n--- # next\nb: 2',
      [
        [1, '# hello\n\n---\na: 1\n'],
        [5, '--- # next\nb: 2'],
      ],
    ],
    ['%YAML 1.2\n---\na: 1\n', [[1, '%YAML 1.2\n---\na: 1\n']]],
    [
      'a: 1\n...\nb: 2\n',
      [
        [1, 'a: 1\n...\n'],
        [3, 'b: 2\n'],
      ],
    ],
    [
      'a: 1\r\n---\r\nb: 2\r\n',
      [
        [1, 'a: 1\r\n'],
        [2, '---\r\nb: 2\r\n'],
      ],
    ],
    ['a: |\n  ---\n  text\nb: ----\n---x: 1\n', [[1, 'a: |\n  ---\n  text\nb: ----\n---x: 1\n']]],
  ];
  for (const [text, expected] of table) {
    t.strictSame(
      [...yamlPieces(text)].map(({ firstLine, text }) => [firstLine, text]),
      expected,
      JSON.stringify(text),
    );
  }
});

t.test('the pieces parse to what the whole does', async (t) => {
  const text = '# one\n---\na: |\n  x\n\n  y\n---\n- 1\n- b: "q\n\n    r"\n...\n---\nc: {d: e}\n';
  const values = [...yamlPieces(text)].map((piece) => parse(piece.text));
  t.strictSame(
    values.filter((value) => value !== null),
    parseAllDocuments(text).map((document) => document.toJS()),
  );
});

for (const [name, indent] of [
  ['at the margin, as kubectl prints them', ''],
  ['indented', '  '],
] as const) {
  t.test(`a large List is cut between its items, ${name}`, async (t) => {
    const item = (i: number): string =>
      `${indent}- kind: X\n${indent}  name: n${i}\n${indent}  nested:\n${indent}  - one\n\n${indent}  text: |\n${indent}    - not an item\n`;
    const items = Array.from({ length: 1500 }, (_, i) => item(i)).join('# comment\n');
    const text = `apiVersion: v1\nitems:\n${items}kind: List\nmetadata:\n  resourceVersion: ""\n`;
    const pieces = [...yamlPieces(`a: 1\n---\n${text}---\nb: 2\n`)];
    t.equal(pieces.length, 1502);
    t.ok(pieces.slice(1, -1).every((piece) => piece.isItem));
    const whole = parse(text) as { items: unknown[] };
    t.strictSame(
      pieces.slice(1, -1).map((piece) => parse(piece.text)[0]),
      whole.items,
    );
    t.equal(pieces[1]?.firstLine, 5);
    t.equal(pieces[2]?.firstLine, 5 + 8);
    t.match(pieces.at(-1), { text: '---\nb: 2\n', firstLine: 5 + 1500 * 8 - 1 + 3 });
  });
}

t.test('a large document that is no List, or uses anchors, stays whole', async (t) => {
  const items = '- name: x\n'.repeat(10_000);
  t.equal([...yamlPieces(`kind: Other\nitems:\n${items}`)].length, 1);
  t.equal([...yamlPieces(`kind: List\nitems:\n- &first\n  a: 1\n${items}- *first\n`)].length, 1);
  t.equal([...yamlPieces(`kind: List\nitems:\n  a: 1\n  b: |\n${'    text\n'.repeat(20_000)}`)].length, 1);
});

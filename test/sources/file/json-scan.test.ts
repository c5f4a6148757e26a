// Where things stand in a JSON text.
import t from 'tap';
import { scanJson } from '../../../lib/sources/file/json-scan.js';

t.test('a field is found by its path, and a missing one by its nearest parent', async (t) => {
  const text = '{"a": {"x": 1}, "b\\u0063": [10, {"c": "d"}]}';
  const at = (...path: (string | number)[]): string | undefined => {
    const scan = scanJson(text, 0, path);
    return scan.kind === 'value' ? text.slice(scan.fieldAt, scan.fieldAt + 3) : undefined;
  };
  t.equal(at('a', 'x'), '1},');
  t.equal(at('bc', 1, 'c'), '"d"');
  t.equal(at('bc', 1, 'missing'), '{"c');
  t.equal(at('nothing', 'here'), '{"a');
});

t.test('it says where a value ends', async (t) => {
  t.match(scanJson('  [1, true] {"more": 1}', 0), { kind: 'value', end: 11 });
  t.match(scanJson('{} 12.5e3', 2), { kind: 'value', end: 9 });
});

t.test('it finds what JSON.parse refuses, and says where', async (t) => {
  const table: readonly [string, number, RegExp][] = [
    ['{"a": }', 6, /expected a value, got "}"/],
    ['{"a": 1 "b": 2}', 8, /expected "," or "}", got "\\""/],
    ['{"a" 1}', 5, /expected ":"/],
    ['{a: 1}', 1, /double quotes/],
    ['[1, 2,]', 6, /expected a value, got "]"/],
    ['[1, 2', 5, /the text ends here/],
    ['["abc', 5, /ends inside a string/],
    ['["a\nb"]', 3, /control character/],
    ['["\\x"]', 2, /unknown escape/],
    ['[01]', 1, /expected a value/],
    ['[nul]', 1, /expected a value/],
    ['', 0, /the text ends here/],
    ['['.repeat(600), 501, /nested/],
  ];
  for (const [text, offset, message] of table) {
    t.throws(() => JSON.parse(text));
    t.match(scanJson(text, 0), { kind: 'error', offset, message }, text.slice(0, 20));
  }
});

t.test('it accepts what JSON.parse accepts', async (t) => {
  for (const text of [
    '0',
    '-1.5E+3',
    '"\\ud83d\\n\\""',
    '[]',
    '{}',
    'null',
    '{"":[{}, [] ,false]}',
    ' \t\r\n1',
  ]) {
    JSON.parse(text);
    t.match(scanJson(text, 0), { kind: 'value', end: text.length }, text);
  }
});

// How flags spell the values of fields.
import t from 'tap';
import * as values from '../../lib/cli/config/field-values.js';
import { fieldKind } from '../../lib/cli/field-kind.js';

t.test('each spelling becomes the field’s JSON value', async (t) => {
  t.equal(fieldKind('d', 'text', values.period).parse('60s'), '1m0s');
  t.equal(fieldKind('n', 'number', values.integer(-5, 5)).parse('-5'), -5);
  t.equal(fieldKind('n', 'number', values.number).parse('1.5'), 1.5);
  t.equal(fieldKind('b', 'boolean', values.flag).parse('T'), true);
  const cidrs = fieldKind('c', 'list', values.nodePortAddresses);
  t.same(cidrs.parse('10.0.0.0/8,fd00::/8'), ['10.0.0.0/8', 'fd00::/8']);
  t.same(cidrs.parse(''), []);
  const gates = fieldKind('g', 'gates', values.featureGates);
  t.same(gates.parse('A=true,B=false'), { A: true, B: false });
  t.same(gates.parse(''), {});
});

t.test('what the field refuses is refused with a sentence', async (t) => {
  const table: readonly [() => unknown, RegExp][] = [
    [() => fieldKind('d', 'text', values.period).parse('0'), /^It must be longer than 0\.$/],
    [
      () => fieldKind('n', 'number', values.integer(0, 5)).parse('six'),
      /^Expected a whole number from 0 to 5\.$/,
    ],
    [() => fieldKind('n', 'number', values.integer(0, 5)).parse('0x5'), /^Expected a whole number/],
    [() => fieldKind('b', 'boolean', values.flag).parse('perhaps'), /true and false/],
    [() => fieldKind('g', 'gates', values.featureGates).parse('A'), /true and false/],
  ];
  for (const [parse, message] of table) t.throws(parse, { name: 'InvalidValueError', message });
});

// Reading what nobody has checked.
import t from 'tap';
import {
  fieldsOf,
  flagOf,
  isGiven,
  isListOrAbsent,
  isPort,
  isRecordOrAbsent,
  listOf,
  protocolOf,
  show,
  textOf,
} from '../../lib/model/loose-fields.js';

t.test('what is of another type reads as absent', async (t) => {
  for (const value of [undefined, null, 3, 'x', [1]]) t.same(fieldsOf(value), {});
  t.same(fieldsOf({ a: 1 }), { a: 1 });
  for (const value of [undefined, null, 3, 'x', { length: 1 }]) t.same(listOf(value), []);
  t.same(listOf([1]), [1]);
  t.same([textOf('x'), textOf(3), textOf(null)], ['x', undefined, undefined]);
  t.same([flagOf(false), flagOf('false'), flagOf(null)], [false, undefined, undefined]);
  t.same([undefined, null, [], {}, ''].map(isListOrAbsent), [true, true, true, false, false]);
  t.same([undefined, null, {}, [], ''].map(isRecordOrAbsent), [true, true, true, false, false]);
  t.same([undefined, null, '', 0, false, 'x'].map(isGiven), [false, false, false, true, true, true]);
});

t.test('ports and protocols', async (t) => {
  t.same([1, 65535].map(isPort), [true, true]);
  t.same([0, 65536, -1, 1.5, Number.NaN, '80', null, undefined].filter(isPort), []);
  t.same([undefined, null, 'TCP', 'UDP', 'SCTP'].map(protocolOf), ['TCP', 'TCP', 'TCP', 'UDP', 'SCTP']);
  t.same(['tcp', '', 6].map(protocolOf), [undefined, undefined, undefined]);
});

t.test('values are shown as one would write them, and not at any length', async (t) => {
  t.same([undefined, null, 'a"b', 80, true, [], {}].map(show), [
    'nothing',
    'nothing',
    '"a\\"b"',
    '80',
    'true',
    'a list',
    'an object',
  ]);
  t.equal(show('x'.repeat(1000)).length, 83);
});

import t from 'tap';
import {
  present,
  readBoolean,
  readFields,
  readFieldsList,
  readInteger,
  readIntegerOrString,
  readListOf,
  readOneOf,
  readString,
  readStringMap,
  readStrings,
  rootFields,
} from '../../../lib/sources/kube/fields.js';

t.test('what is absent or null is absent, without a problem', async (t) => {
  const fields = rootFields({ a: null });
  for (const name of ['a', 'b']) {
    t.equal(readString(fields, name), undefined);
    t.equal(readFields(fields, name), undefined);
    t.equal(readStrings(fields, name), undefined);
    t.equal(
      readStringMap(fields, name, () => true),
      undefined,
    );
  }
  t.strictSame(fields.problems, []);
});

t.test('what is of a wrong type is absent, and reported with its path', async (t) => {
  const fields = rootFields({
    spec: { ports: [{ port: '80' }, 7, { port: 81.5, name: {} }], type: 'Magic' },
  });
  const spec = readFields(fields, 'spec') ?? rootFields({});
  const ports = readFieldsList(spec, 'ports') ?? [];
  t.equal(ports.length, 2);
  t.strictSame(
    ports.map((port) => readInteger(port, 'port')),
    [undefined, undefined],
  );
  t.strictSame(
    ports.map((port) => readString(port, 'name')),
    [undefined, undefined],
  );
  t.equal(readOneOf(spec, 'type', ['A', 'B']), undefined);
  t.equal(readBoolean(spec, 'type'), undefined);
  t.equal(readIntegerOrString(spec, 'ports'), undefined);
  t.equal(readStrings(spec, 'type'), undefined);
  t.strictSame(
    fields.problems.map(({ field, message }) => `${field} ${message}`),
    [
      'spec.ports[1] is not an object',
      'spec.ports[0].port is not an integer',
      'spec.ports[2].port is not an integer',
      'spec.ports[2].name is not a string',
      'spec.type is not one of A, B',
      'spec.type is not true or false',
      'spec.ports is not an integer or a string',
      'spec.type is not a list',
    ],
  );
});

t.test('lists and maps keep what is usable', async (t) => {
  const fields = rootFields({
    ips: ['a', 7, 'b'],
    families: ['IPv4', 'IPv5'],
    labels: { a: '1', b: 2, c: '3' },
  });
  t.strictSame(readStrings(fields, 'ips'), ['a', 'b']);
  t.strictSame(readListOf(fields, 'families', ['IPv4', 'IPv6']), ['IPv4']);
  t.strictSame(
    readStringMap(fields, 'labels', (key) => key !== 'c'),
    { a: '1' },
  );
  t.equal(
    readStringMap(fields, 'labels', () => false),
    undefined,
    'nothing left is nothing',
  );
  t.strictSame(
    fields.problems.map(({ field }) => field),
    ['ips[1]', 'families[1]', 'labels[b]'],
  );
});

t.test('present leaves out what is undefined', async (t) => {
  t.strictSame(present<{ a: number; b?: string; c?: boolean }>({ a: 1, b: undefined, c: false }), {
    a: 1,
    c: false,
  });
});

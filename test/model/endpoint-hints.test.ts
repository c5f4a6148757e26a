// Hints of a slice's endpoints, as names.
import t from 'tap';
import { createHintsReader } from '../../lib/model/endpoint-hints.js';

function told(hints: unknown): readonly unknown[] {
  const problems: string[] = [];
  const read = createHintsReader(
    (text) => text,
    (field, message) => problems.push(`${field}: ${message}`),
  );
  return [read(hints, 'endpoints[0].hints'), ...problems];
}

t.test('names of zones and nodes; what is absent or empty is no hint', async (t) => {
  const table: readonly [unknown, object][] = [
    [undefined, {}],
    [null, {}],
    [{}, {}],
    [{ forZones: null, forNodes: [] }, {}],
    [{ forZones: [{ name: 'a' }, { name: 'b' }] }, { zoneHints: ['a', 'b'] }],
    [
      { forZones: [{ name: 'a' }], forNodes: [{ name: 'n1' }] },
      { zoneHints: ['a'], nodeHints: ['n1'] },
    ],
  ];
  for (const [hints, expected] of table) t.strictSame(told(hints), [expected], JSON.stringify(hints));
});

t.test('a wrong hint is named with its field, and the others count', async (t) => {
  const table: readonly [unknown, object, string][] = [
    ['a', {}, 'endpoints[0].hints: is "a", not an object'],
    [[], {}, 'endpoints[0].hints: is a list, not an object'],
    [{ forZones: 'a' }, {}, 'endpoints[0].hints.forZones: is "a", not a list'],
    [{ forNodes: {} }, {}, 'endpoints[0].hints.forNodes: is an object, not a list'],
    [
      { forZones: [{ name: 7 }, { name: 'b' }] },
      { zoneHints: ['b'] },
      'endpoints[0].hints.forZones[0].name: 7 is not a name',
    ],
    [{ forZones: [{ name: '' }] }, {}, 'endpoints[0].hints.forZones[0].name: "" is not a name'],
    [{ forNodes: ['n1'] }, {}, 'endpoints[0].hints.forNodes[0].name: nothing is not a name'],
  ];
  for (const [hints, expected, problem] of table) t.same(told(hints), [expected, problem]);
});

t.test('equal hints are one list', async (t) => {
  const read = createHintsReader(
    (text) => text,
    () => t.fail('nothing is wrong'),
  );
  const hints = () => ({ forZones: [{ name: 'a' }], forNodes: [{ name: 'a' }] });
  const [first, second] = [read(hints(), ''), read(hints(), '')];
  t.equal(first.zoneHints, second.zoneHints);
  t.equal(first.zoneHints, first.nodeHints);
});

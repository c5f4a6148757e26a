// What changed, and whether it can be applied at once.
import t from 'tap';
import { diffConfig, withLiveChanges } from '../../../lib/cli/config/diff-config.js';
import { withValue } from '../../../lib/cli/config/field-path.js';
import { fieldRules } from '../../../lib/cli/config/field-rules.js';
import { defaultConfig } from '../../../lib/cli/config/schema.js';

const before = defaultConfig();

t.test('nothing changed', async (t) => {
  t.same(diffConfig(before, defaultConfig()), { live: [], restart: [] });
});

t.test('changes are named with both values, apart by when they count', async (t) => {
  let after = withValue(before, 'conntrack.min', 7);
  after = withValue(after, 'nodePortAddresses', ['primary']);
  after = withValue(after, 'udpIdleTimeout', '1s');
  after = withValue(after, 'ipvs.scheduler', 'lc');
  t.same(diffConfig(before, after), {
    live: [
      { field: 'nodePortAddresses', before: [], after: ['primary'] },
      { field: 'conntrack.min', before: 131_072, after: 7 },
    ],
    restart: [{ field: 'udpIdleTimeout', before: '30s', after: '1s' }],
  });
});

t.test('every field with an effect is found, each of the kind that the table says', async (t) => {
  for (const [field, rule] of Object.entries(fieldRules)) {
    const { live, restart } = diffConfig(before, withValue(before, field, 'other'));
    const expected = 'change' in rule ? rule.change : undefined;
    t.same(
      live.map((change) => change.field),
      expected === 'live' ? [field] : [],
      field,
    );
    t.same(
      restart.map((change) => change.field),
      expected === 'restart' ? [field] : [],
      field,
    );
  }
});

t.test('in force after that is the old configuration with the live changes', async (t) => {
  const after = withValue(withValue(before, 'conntrack.min', 7), 'udpIdleTimeout', '1s');
  const inForce = withLiveChanges(before, after);
  t.same(inForce, withValue(before, 'conntrack.min', 7));
  t.same(
    diffConfig(inForce, after).restart.map(({ field }) => field),
    ['udpIdleTimeout'],
  );
});

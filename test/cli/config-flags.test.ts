// The flags that stand for fields: each for one that there is and that does something.
import t from 'tap';
import { valueAt } from '../../lib/cli/config/field-path.js';
import { fieldRules } from '../../lib/cli/config/field-rules.js';
import { configSchema, defaultConfig } from '../../lib/cli/config/schema.js';
import { configFlags } from '../../lib/cli/config-flags.js';

t.test('each stands for a field with an effect', async (t) => {
  for (const { name, fields } of configFlags) {
    for (const field of fields) t.ok('change' in (fieldRules[field] ?? {}), `${name}: ${field}`);
  }
});

t.test('every field with an effect has a flag, but nftables’ sync periods, as in kube-proxy', async (t) => {
  const flagged = new Set(configFlags.flatMap(({ fields }) => (fields.length === 1 ? fields : [])));
  const without = Object.keys(fieldRules).filter(
    (field) => 'change' in (fieldRules[field] ?? {}) && !flagged.has(field),
  );
  t.same(without, ['nftables.syncPeriod', 'nftables.minSyncPeriod']);
});

t.test('the default that is shown is the field’s', async (t) => {
  const defaults = defaultConfig();
  for (const flag of configFlags) {
    if (flag.default === undefined) continue;
    t.same(flag.kind.parse(flag.default), valueAt(defaults, flag.fields[0]), flag.name);
  }
  t.same(configSchema.parse(defaults), defaults);
});

t.test('over the file go the node’s name, logging, and the sync periods by our own names', async (t) => {
  const names = configFlags.filter((flag) => flag.winsOverFile).map(({ name }) => name);
  t.same(names, ['hostname-override', 'min-sync-period', 'sync-period', 'v', 'logging-format']);
});

t.test('an empty choice is the default, as it is in a file', async (t) => {
  const defaults = defaultConfig();
  for (const name of ['proxy-mode', 'detect-local-mode']) {
    const flag = configFlags.find((one) => one.name === name);
    t.equal(flag?.kind.parse(''), valueAt(defaults, flag?.fields[0] ?? ''), name);
  }
});

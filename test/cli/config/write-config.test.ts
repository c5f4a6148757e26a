// The file that --write-config-to writes.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import t from 'tap';
import { decodeConfig } from '../../../lib/cli/config/decode-config.js';
import { withValue } from '../../../lib/cli/config/field-path.js';
import { defaultConfig } from '../../../lib/cli/config/schema.js';
import { configText, writeConfig } from '../../../lib/cli/config/write-config.js';

t.test('what is written is read back as the same, without a doubt', async (t) => {
  const path = join(t.testdir(), 'out.yaml');
  let config = withValue(defaultConfig(), 'nodePortAddresses', ['10.0.0.0/8']);
  config = withValue(config, 'featureGates', { A: true });
  config = withValue(config, 'hostnameOverride', 'yes');
  await writeConfig(path, config);
  const text = await readFile(path, 'utf8');
  t.same(decodeConfig({ path, text }, { strict: true }).config, config);
});

t.test('keys are sorted, as kube-proxy writes them', async (t) => {
  const keys = configText(defaultConfig()).match(/^\w+(?=:)/gm) ?? [];
  t.ok(keys.length > 20);
  t.same(keys, [...keys].sort());
});

t.test('a file that can not be written is named', async (t) => {
  const path = join(t.testdir(), 'none', 'out.yaml');
  await t.rejects(writeConfig(path, defaultConfig()), {
    message: /^write the configuration to .*none\/out\.yaml: ENOENT/,
    cause: { code: 'ENOENT' },
  });
});

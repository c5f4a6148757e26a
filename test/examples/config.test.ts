// The example of a configuration file: without a doubt, and saying which fields can change while the program runs.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { parseCommandLine } from '../../lib/cli/commands.js';
import { decodeConfig } from '../../lib/cli/config/decode-config.js';
import { valueAt } from '../../lib/cli/config/field-path.js';
import { fieldRules } from '../../lib/cli/config/field-rules.js';

const path = 'examples/config/kube-proxy.yaml';
const text = readFileSync(path, 'utf8');

t.test('it is read strictly, and every field in it does something', async (t) => {
  const { config, doubts } = decodeConfig({ path, text }, { strict: true });
  t.same(doubts, []);
  const context = { env: {}, isTerminal: false, hasServiceAccountToken: false, readConfigFile: () => text };
  t.match(parseCommandLine([`--config=${path}`, '--strict-mode'], context), {
    command: 'run',
    options: {
      source: { kind: 'kubeconfig', path: '/var/lib/kube-proxy/kubeconfig.conf' },
      proxyPortRange: { first: 36_000, last: 37_999 },
      detectLocal: { kind: 'cidrs', cidrs: { IPv4: ['10.244.0.0/16'], IPv6: [] } },
      verbosity: 2,
      notices: [],
    },
  });
  const fields = Object.keys(fieldRules).filter((field) =>
    new RegExp(`^ *${field.split('.').at(-1)}:`, 'm').test(text),
  );
  for (const field of fields) t.not(valueAt(config, field), undefined, field);
});

t.test('what it calls live is live, and nothing else in it is', async (t) => {
  // A mark stands in the comment above a field or a section; a section's mark is for all of its fields.
  const marked: Record<string, boolean> = {};
  let section = '';
  let comment = '';
  let ofSection = false;
  for (const line of text.split('\n')) {
    const [, indent = '', name] =
      /^( *)(\w+):/.exec(line.replace('# nodePortAddresses', 'nodePortAddresses')) ?? [];
    if (/^ *#/.test(line) && name === undefined) comment += line;
    if (name === undefined) {
      if (line === '') comment = '';
      continue;
    }
    const isLive = /\blive(?:;.*)?$/.test(comment) || comment.includes('live;');
    const isSection = line.endsWith(':');
    if (isSection) [section, ofSection] = [name, isLive];
    else if (indent === '') marked[name] = isLive;
    else marked[`${section}.${name}`] = isLive || ofSection;
    // Fields that follow one another share the comment above the first.
    if (isSection || indent !== '') comment = '';
  }
  const checked = Object.keys(marked).filter((field) => fieldRules[field] !== undefined);
  t.ok(checked.length > 12, checked.join());
  for (const field of checked) {
    t.match(fieldRules[field], { change: marked[field] ? 'live' : 'restart' }, field);
  }
});

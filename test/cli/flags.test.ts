// What must hold for every flag in every table.
import t from 'tap';
import type { Flag } from '../../lib/cli/flag.js';
import { cleanupFlags, demoFlags, runFlags } from '../../lib/cli/flags.js';
import { explainFlags, statusFlags, topFlags } from '../../lib/cli/inquiry-flags.js';
import { kubeProxyFlags } from '../../lib/cli/program.js';

const others = Object.fromEntries(kubeProxyFlags.map((flag) => [flag.name, flag]));
const tables = {
  runFlags: { ...runFlags, ...others },
  demoFlags,
  cleanupFlags,
  explainFlags,
  statusFlags,
  topFlags,
};

t.test('names are lower case with dashes, and unique in their table', async (t) => {
  for (const [title, table] of Object.entries(tables)) {
    const flags: readonly Flag[] = Object.values(table);
    for (const flag of flags) t.match(flag.name, /^[a-z]+(-[a-z]+)*$/, `${title}: ${flag.name}`);
    t.equal(new Set(flags.map((flag) => flag.name)).size, flags.length, title);
  }
});

t.test('every default is a value of its own kind', async (t) => {
  for (const table of Object.values(tables)) {
    for (const flag of Object.values<Flag>(table)) {
      const text = flag.default;
      if (text !== undefined) t.doesNotThrow(() => flag.kind.parse(text), flag.name);
    }
  }
});

t.test('options that hold a time say their unit', async (t) => {
  for (const table of [runFlags, demoFlags, cleanupFlags]) {
    for (const [key, flag] of Object.entries<Flag>(table)) {
      t.equal(/Ms$/.test(key), flag.kind.placeholder === 'duration', key);
    }
  }
});

t.test('every meaning is a sentence', async (t) => {
  for (const table of Object.values(tables)) {
    for (const flag of Object.values<Flag>(table)) t.match(flag.meaning, /^[A-Z].*\.$/, flag.name);
  }
});

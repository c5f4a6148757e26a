// docs/conformance.md is what the registry says, and every test the registry names is there.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { conformanceDocument } from './document.js';
import { registry } from './registry.js';

t.test('the document is up to date', async (t) => {
  t.equal(
    readFileSync('docs/conformance.md', 'utf8'),
    conformanceDocument(registry),
    'else: node scripts/conformance.mjs',
  );
});

t.test('every test it names exists', async (t) => {
  for (const entry of registry) {
    if (entry.status !== 'held' && entry.status !== 'elsewhere') continue;
    const source = readFileSync(`test/${entry.file}.test.ts`, 'utf8');
    const named = entry.status === 'held' ? `'${entry.id}':` : entry.test;
    t.ok(source.includes(named), `${entry.id}: ${named} in test/${entry.file}.test.ts`);
  }
});

t.test('no line is there twice, and each says why it is not held', async (t) => {
  const ids = registry.map(({ id }) => id);
  t.equal(new Set(ids).size, ids.length);
  for (const entry of registry) if ('reason' in entry) t.ok(entry.reason.length > 20, entry.id);
});

t.test('all lines of e2e are there', async (t) => {
  const found = registry.flatMap(({ id }) => {
    const [, from, to = from] = /^e2e\/(\d+)(?:–(\d+))?$/.exec(id) ?? [];
    return from === undefined
      ? []
      : Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => Number(from) + at);
  });
  t.same(
    found.sort((a, b) => a - b),
    Array.from({ length: 142 }, (_, at) => at + 1),
  );
});

// test/conformance/document.ts: docs/conformance.md as text, made from the registry.
import type { Entry } from './registry.js';

const head = `# Conformance

What Kubernetes' own tests pin for a node's proxy, and the test that holds it here. \`unit/\` are the tests of
\`pkg/proxy\` (1.36), \`e2e/\` those of \`test/e2e/network\`, numbered in the order of their files. What the userspace mode's own
unit tests pinned is in \`test/integration/userspace-conformance.test.ts\`.

This table is written from \`test/conformance/registry.ts\` by \`node scripts/conformance.mjs\`; a test fails when it is not up to date, or when
a test it names is gone.
`;

const words: Readonly<Record<Entry['status'], string>> = {
  held: 'held',
  elsewhere: 'held',
  other: 'not a proxy’s',
  later: 'not held',
};

export function conformanceDocument(registry: readonly Entry[]): string {
  const count = (...statuses: readonly Entry['status'][]) =>
    registry.filter(({ status }) => statuses.includes(status)).length;
  const rows = registry.map(
    (entry) => `| ${entry.id} | ${entry.title} | ${words[entry.status]} | ${where(entry)} |`,
  );
  return `${head}
${count('held', 'elsewhere')} lines are held, ${count('later')} are not, ${count('other')} are about other components.

| Kubernetes' test | What it asks | | By what, or why not |
|---|---|---|---|
${rows.join('\n')}
`;
}

function where(entry: Entry): string {
  switch (entry.status) {
    case 'held':
      return `\`test/${entry.file}.test.ts\``;
    case 'elsewhere':
      return `\`test/${entry.file}.test.ts\`: ${entry.test}`;
    case 'other':
    case 'later':
      return entry.reason;
  }
}

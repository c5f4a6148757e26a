// scripts/test-processes.mjs: which test files share a process. Starting Node and tap takes longer than most files do, so
// the files of one folder go together; those that start a process or a thread, or call the system natively, stay alone.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './steps.mjs';

const loners = ['node:child_process', 'node:worker_threads', 'koffi'];
const importPattern = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g;

/** What compiled JavaScript, and what it imports, imports that is not the project's own. `seen`: paths. */
function importsOf(file, seen = new Set()) {
  if (seen.has(file) || !existsSync(file)) return [];
  seen.add(file);
  return [...readFileSync(file, 'utf8').matchAll(importPattern)].flatMap(([, specifier]) =>
    specifier.startsWith('.') ? importsOf(resolve(dirname(file), specifier), seen) : [specifier],
  );
}

/** A module that runs the test files `members`, each of which must add to what there is to run, and end nothing. */
function moduleOf(members) {
  const urls = members.map((member) => pathToFileURL(join(root, member)).href);
  return `import t from 'tap';
const left = new Set(${JSON.stringify(urls, undefined, 2)});
process.on('exit', () => {
  if (left.size > 0) process.exitCode = 1;
  for (const url of left) console.error(\`not run: \${url}\`);
});
let tests = 0;
t.on('subtestAdd', () => tests++);
for (const url of [...left]) {
  const before = tests;
  await import(url);
  if (tests > before && !t.results) left.delete(url);
}
`;
}

/** `{name, file}` for each process: a test file of its own, or a module made here that imports several. */
export function testProcesses(files) {
  const folder = join(root, `.tap/together-${process.pid}`);
  mkdirSync(folder, { recursive: true });
  process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
  const alone = files.filter((file) => importsOf(join(root, file)).some((name) => loners.includes(name)));
  const together = new Map();
  for (const file of files.filter((path) => !alone.includes(path))) {
    const name = file.split('/').slice(0, -1).slice(0, 3).join('/');
    together.set(name, [...(together.get(name) ?? []), file]);
  }
  const shared = [...together].map(([name, members]) => {
    if (members.length === 1) return { name: members[0], file: members[0] };
    const file = join(folder, `${name.replaceAll('/', '-')}.mjs`);
    writeFileSync(file, moduleOf(members));
    return { name: `${name}: ${members.length} files`, file };
  });
  return [...alone.map((file) => ({ name: file, file })), ...shared];
}

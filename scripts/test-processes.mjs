// scripts/test-processes.mjs: which test files share a process. Starting Node and tap takes longer than most files do, so
// the files of one folder go together; those that start a process or a thread, or call the system natively, stay alone.
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { root } from './steps.mjs';

const loners = ['node:child_process', 'node:worker_threads', 'koffi'];
const importPattern = /(?:\bfrom|\bimport)\s*\(?\s*['"]([^'"]+)['"]/g;

/** Whether compiled JavaScript, or what it imports, imports one of the loners. `known`: answers by path. */
function isAlone(file, known) {
  const answer = known.get(file);
  if (answer !== undefined) return answer;
  known.set(file, false);
  const imports = [...readFileSync(file, 'utf8').matchAll(importPattern)].map(([, specifier]) => specifier);
  const alone = imports.some((specifier) => {
    if (!specifier.startsWith('.')) return loners.includes(specifier);
    const path = resolve(dirname(file), specifier);
    return existsSync(path) && isAlone(path, known);
  });
  known.set(file, alone);
  return alone;
}

/** `{name, file}` for each process: a test file of its own, or a module made here that imports several. */
export function testProcesses(files) {
  const folder = join(root, '.tap/together');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const known = new Map();
  const alone = files.filter((file) => isAlone(join(root, file), known));
  const together = new Map();
  for (const file of files.filter((path) => !alone.includes(path))) {
    const name = file.split('/').slice(0, -1).slice(0, 3).join('/');
    together.set(name, [...(together.get(name) ?? []), file]);
  }
  const shared = [...together].map(([name, members]) => {
    if (members.length === 1) return { name: members[0], file: members[0] };
    const file = join(folder, `${name.replaceAll('/', '-')}.mjs`);
    const lines = members.map((member) => `await import('${pathToFileURL(join(root, member))}');\n`);
    writeFileSync(file, lines.join(''));
    return { name: `${name}: ${members.length} files`, file };
  });
  return [...alone.map((file) => ({ name: file, file })), ...shared];
}

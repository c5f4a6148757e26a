// test/support/program-copy.ts: the built program in a folder of its own, with the packages it needs: for another user,
// who may not read this project, or with something missing.
import { existsSync, readFileSync } from 'node:fs';
import { chmod, cp, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';

export interface ProgramCopy {
  readonly mainFile: string;
  /** Everybody may write here. */
  readonly temporary: string;
}

/** @param without packages that are left out, and what only they need */
export async function copyProgram(test: Test, without: readonly string[] = []): Promise<ProgramCopy> {
  const folder = await mkdtemp(join(tmpdir(), 'kube-portal-copy-'));
  test.teardown(() => rm(folder, { recursive: true, force: true }));
  await chmod(folder, 0o755);
  for (const part of ['package.json', 'dist/lib', 'examples/demo']) {
    await cp(part, join(folder, part), { recursive: true });
  }
  const { dependencies } = readManifest('package.json');
  // Large, and loaded only where a cluster is the source.
  const leftOut = ['@kubernetes/client-node', ...without];
  for (const name of closureOf(Object.keys(dependencies ?? {}), leftOut)) {
    await cp(join('node_modules', name), join(folder, 'node_modules', name), { recursive: true });
  }
  const temporary = join(folder, 'tmp');
  await mkdir(temporary);
  await chmod(temporary, 0o777);
  return { mainFile: join(folder, 'dist/lib/main.js'), temporary };
}

/** Packages with all they need, of those that lie directly in node_modules: optional ones may not be there. */
function closureOf(names: readonly string[], leftOut: readonly string[]): ReadonlySet<string> {
  const found = new Set<string>();
  const add = (name: string): void => {
    const manifest = join('node_modules', name, 'package.json');
    if (found.has(name) || leftOut.includes(name) || !existsSync(manifest)) return;
    found.add(name);
    const { dependencies, optionalDependencies } = readManifest(manifest);
    for (const needed of Object.keys({ ...dependencies, ...optionalDependencies })) add(needed);
  };
  for (const name of names) add(name);
  return found;
}

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

function readManifest(path: string): Manifest {
  return JSON.parse(readFileSync(path, 'utf8'));
}

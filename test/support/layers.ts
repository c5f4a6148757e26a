// test/support/layers.ts: who may import whom in lib/, and the search for what breaks it. Used by layers.test.ts.
import { importsOf, impureUsesOf, type LibSource } from './lib-sources.js';

export const pureFolders: readonly string[] = ['model', 'balance', 'rules'];
export const edgeFolders: readonly string[] = [
  'sources',
  'iptables',
  'dataplane',
  'http',
  'cli',
  'conntrack',
  'host',
  'admin',
  'explain',
  'demo',
];

/** Several ways to do one thing, of which the program takes one: none knows another. */
export const siblingFolders: readonly string[] = ['dataplane/node', 'dataplane/linux', 'dataplane/sctp'];

/** Undefined: everything. */
function allowedFolders(folder: string): readonly string[] | undefined {
  if (folder === 'main.ts' || folder === 'compose') return undefined;
  if (pureFolders.includes(folder)) return pureFolders;
  return [...pureFolders, 'proxier', folder];
}

/** Modules of Node that a pure file or the core may use all the same, with the reason. */
export type Exceptions = Readonly<Record<string, { readonly module: string; readonly reason: string }>>;

/** The folder directly below lib/, or the file's own name where it lies in lib/ itself. */
function folderOf(path: string): string {
  return path.split('/')[0] ?? path;
}

/** `dataplane/node` of `dataplane/node/x.ts`; undefined where it has no siblings. */
function siblingOf(path: string): string | undefined {
  return siblingFolders.find((folder) => path.startsWith(`${folder}/`));
}

/** `file:line imports x: why not`, one line for each import and use that the table forbids. */
export function layerViolations(
  sources: readonly LibSource[],
  exceptions: Exceptions,
  dependencies: readonly string[],
): readonly string[] {
  return sources.flatMap((source) => [
    ...importViolations(source, exceptions, dependencies),
    ...impureUses(source),
  ]);
}

function importViolations(
  source: LibSource,
  exceptions: Exceptions,
  dependencies: readonly string[],
): readonly string[] {
  const folder = folderOf(source.path);
  const pure = pureFolders.includes(folder);
  return importsOf(source).flatMap(({ specifier, file, typeOnly, line }) => {
    const report = (why: string) => [`${source.path}:${line} imports ${specifier}: ${why}`];
    if (file !== undefined) {
      const allowed = allowedFolders(folder);
      if (file.startsWith('../')) return report('outside lib/');
      const [own, other] = [siblingOf(source.path), siblingOf(file)];
      if (own !== undefined && other !== undefined && own !== other)
        return report(`${own}/ and ${other}/ do not know each other`);
      if (allowed === undefined || allowed.includes(folderOf(file))) return [];
      return report(`${folder}/ may import only ${allowed.map((name) => `${name}/`).join(', ')}`);
    }
    if (specifier === '<computed>') return report('the name must be a literal');
    if (specifier.startsWith('node:')) {
      if (typeOnly || (!pure && folder !== 'proxier')) return [];
      if (exceptions[source.path]?.module === specifier) return [];
      return report(`${folder}/ does no I/O and gets what it needs as arguments`);
    }
    const name = specifier
      .split('/')
      .slice(0, specifier.startsWith('@') ? 2 : 1)
      .join('/');
    if (!dependencies.includes(name)) return report('not among the dependencies in package.json');
    return !typeOnly && (pure || folder === 'proxier') ? report(`${folder}/ runs no package's code`) : [];
  });
}

function impureUses(source: LibSource): readonly string[] {
  if (!pureFolders.includes(folderOf(source.path))) return [];
  return impureUsesOf(source).map(
    ({ name, line }) => `${source.path}:${line} uses ${name}: pure code is handed time, chance and I/O`,
  );
}

/** Each cycle once, as `a.ts -> b.ts -> a.ts`, types included: files that need each other are one idea, not two. */
export function importCycles(sources: readonly LibSource[]): readonly string[] {
  const edges = new Map(
    sources.map((source) => [source.path, importsOf(source).flatMap(({ file }) => file ?? [])]),
  );
  const done = new Set<string>();
  const cycles: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) cycles.push([...trail.slice(start), path].join(' -> '));
    if (start >= 0 || done.has(path)) return;
    for (const next of edges.get(path) ?? []) visit(next, [...trail, path]);
    done.add(path);
  };
  for (const path of edges.keys()) visit(path, []);
  return [...new Set(cycles)];
}

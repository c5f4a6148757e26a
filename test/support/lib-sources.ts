// test/support/lib-sources.ts: the source files of lib/ with their imports, as the TypeScript compiler reads them.
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import ts from 'typescript';

export interface LibSource {
  /** Path from lib/, with forward slashes: `model/ip.ts`. */
  readonly path: string;
  readonly text: string;
}

export interface LibImport {
  /** As written: `./x.js`, `node:net`, `pino`; `<computed>` where import() is given no literal. */
  readonly specifier: string;
  /** Path from lib/ (`model/ip.ts`) where the specifier is relative. */
  readonly file: string | undefined;
  /** Erased by the compiler. */
  readonly typeOnly: boolean;
  readonly line: number;
}

/** Every .ts file below lib/, in the order of their paths. */
export function readLibSources(): readonly LibSource[] {
  return readdirSync('lib', { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .sort()
    .map((path) => ({ path, text: readFileSync(join('lib', path), 'utf8') }));
}

/** Static and dynamic imports, re-exports and import() types. */
export function importsOf(source: LibSource): readonly LibImport[] {
  return nodesOf(source).flatMap(({ node, line }) => {
    const found = importOf(node);
    if (found === undefined) return [];
    const { specifier } = found;
    const file = specifier.startsWith('.')
      ? posix.join(posix.dirname(source.path), specifier).replace(/\.js$/, '.ts')
      : undefined;
    return [{ ...found, file, line }];
  });
}

/** Uses of the clock, of chance and of the process (`Date.now`), which a pure file is handed as arguments instead. */
export function impureUsesOf(source: LibSource): readonly { readonly name: string; readonly line: number }[] {
  return nodesOf(source).flatMap(({ node, line }) => {
    const name = impureNameOf(node);
    return name === undefined ? [] : [{ name, line }];
  });
}

function importOf(node: ts.Node): { specifier: string; typeOnly: boolean } | undefined {
  if (ts.isImportDeclaration(node)) {
    return { specifier: literal(node.moduleSpecifier), typeOnly: isTypeOnly(node.importClause) };
  }
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    return { specifier: literal(node.moduleSpecifier), typeOnly: node.isTypeOnly };
  }
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
    return { specifier: literal(node.argument.literal), typeOnly: true };
  }
  if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    return { specifier: literal(node.arguments[0]), typeOnly: false };
  }
  return undefined;
}

function literal(node: ts.Node | undefined): string {
  return node !== undefined && ts.isStringLiteralLike(node) ? node.text : '<computed>';
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (clause === undefined) return false;
  if (clause.isTypeOnly) return true;
  const bindings = clause.namedBindings;
  if (clause.name !== undefined || bindings === undefined || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly);
}

const impureCalls: ReadonlySet<string> = new Set(['setTimeout', 'setInterval', 'setImmediate', 'fetch']);
const impureMembers: ReadonlySet<string> = new Set(['Date.now', 'performance.now', 'Math.random']);
const impureObjects: ReadonlySet<string> = new Set(['process', 'console', 'crypto']);

function impureNameOf(node: ts.Node): string | undefined {
  if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
    return impureCalls.has(node.expression.text) ? node.expression.text : undefined;
  }
  if (ts.isNewExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'Date') {
    return (node.arguments ?? []).length === 0 ? 'new Date()' : undefined;
  }
  if (!ts.isPropertyAccessExpression(node) || !ts.isIdentifier(node.expression)) return undefined;
  const name = `${node.expression.text}.${node.name.text}`;
  return impureMembers.has(name) || impureObjects.has(node.expression.text) ? name : undefined;
}

function nodesOf(source: LibSource): { readonly node: ts.Node; readonly line: number }[] {
  const parsed = ts.createSourceFile(source.path, source.text, ts.ScriptTarget.ES2023);
  const nodes: { node: ts.Node; line: number }[] = [];
  const descend = (node: ts.Node): void => {
    nodes.push({ node, line: parsed.getLineAndCharacterOfPosition(node.getStart(parsed)).line + 1 });
    ts.forEachChild(node, descend);
  };
  ts.forEachChild(parsed, descend);
  return nodes;
}

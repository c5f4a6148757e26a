// test/support/kube-schema.ts: whether a manifest is what the Kubernetes API takes, field by field. The API's OpenAPI
// schema is at hand as @kubernetes/client-node's generated types, and the TypeScript compiler refuses, in an object
// literal, a field that is unknown, missing or of the wrong type.
import { join } from 'node:path';
import ts from 'typescript';

export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
}

/** `apps/v1 DaemonSet` is V1DaemonSet; every group that ends in /v1 is called so. */
function typeNameOf({ apiVersion, kind }: Manifest): string {
  const version = apiVersion.split('/').at(-1) ?? '';
  return `${version.charAt(0).toUpperCase()}${version.slice(1)}${kind}`;
}

/** What is wrong, as the compiler puts it, one line per fault and `<index>: ` of its manifest in front. */
export function schemaViolations(manifests: readonly Manifest[]): readonly string[] {
  const lines = manifests.map(
    (manifest, index) => `export const m${index}: k8s.${typeNameOf(manifest)} = ${JSON.stringify(manifest)};`,
  );
  const text = ["import type * as k8s from '@kubernetes/client-node';", ...lines].join('\n');
  const path = join(process.cwd(), 'manifests.ts');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2023,
    module: ts.ModuleKind.NodeNext,
    types: ['node'],
  };
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists } = host;
  host.getSourceFile = (name, version, ...rest) =>
    name === path
      ? ts.createSourceFile(name, text, version)
      : getSourceFile.call(host, name, version, ...rest);
  host.fileExists = (name) => name === path || fileExists.call(host, name);
  const program = ts.createProgram([path], options, host);
  const source = program.getSourceFile(path);
  const diagnostics = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  return diagnostics.map((diagnostic) => {
    const line = source?.getLineAndCharacterOfPosition(diagnostic.start ?? 0).line ?? 0;
    return `${line - 1}: ${ts.flattenDiagnosticMessageText(diagnostic.messageText, '\n')}`;
  });
}

// bench/scale/origin.ts: where the proxy under test reads its Services from: YAML files, a JSON file, an API server.
import { mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Namespace } from '../../lib/demo/namespaces.js';
import type { Program } from '../shared/program.js';
import type { ApiCommand } from './api-program.js';
import type { App } from './cluster.js';
import { startProgram } from './in-namespace.js';
import { jsonText, servicesPerFile, yamlFiles, yamlText } from './manifest-text.js';

export interface Origin {
  /** Flags of the proxy. */
  readonly flags: readonly string[];
  /** Changes or adds one app (by its place). Resolves when the change is made; with Date.now() of that moment. */
  put(index: number, app: App): Promise<number>;
  close(): Promise<void>;
}

export type OriginKind = 'YAML files' | 'JSON file' | 'API server';

/** @param folder an empty one of its own */
export async function createOrigin(
  kind: OriginKind,
  apps: readonly App[],
  place: { readonly folder: string; readonly namespace: Namespace },
): Promise<Origin> {
  switch (kind) {
    case 'YAML files':
      return yamlOrigin(apps, place.folder);
    case 'JSON file':
      return jsonOrigin(apps, place.folder);
    case 'API server':
      return apiOrigin(apps, place.folder, place.namespace);
  }
}

/** A change rewrites the one file of a hundred Services that it is in. */
async function yamlOrigin(apps: readonly App[], folder: string): Promise<Origin> {
  const directory = join(folder, 'manifests');
  await mkdir(directory);
  const all = [...apps];
  for (const [name, ofFile] of yamlFiles(all)) await writeFile(join(directory, name), yamlText(ofFile));
  return {
    flags: [`--manifests=${directory}`],
    async put(index, app) {
      all[index] = app;
      const first = index - (index % servicesPerFile);
      const [changed = []] = yamlFiles(all.slice(first, first + servicesPerFile)).values();
      const name = [...yamlFiles(all).keys()][first / servicesPerFile] ?? '';
      return replaceFile(join(directory, name), yamlText(changed));
    },
    close: async () => {},
  };
}

/** Every change rewrites everything. */
async function jsonOrigin(apps: readonly App[], folder: string): Promise<Origin> {
  const file = join(folder, 'cluster.json');
  const all = [...apps];
  await writeFile(file, jsonText(all));
  return {
    flags: [`--manifests=${file}`],
    put(index, app) {
      all[index] = app;
      return replaceFile(file, jsonText(all));
    },
    close: async () => {},
  };
}

async function apiOrigin(apps: readonly App[], folder: string, namespace: Namespace): Promise<Origin> {
  const program: Program<ApiCommand> = startProgram(namespace, 'api-program.js');
  const kubeconfig = await program.ask<string>({ command: 'start', count: apps.length, folder });
  return {
    flags: [`--kubeconfig=${kubeconfig}`],
    put: (_, app) => program.ask<number>({ command: 'put', app }),
    close: () => program.close(),
  };
}

/** As editors and `kubectl` do it: no reader ever sees half a file. */
async function replaceFile(path: string, text: string): Promise<number> {
  await writeFile(`${path}.new`, text);
  await rename(`${path}.new`, path);
  return Date.now();
}

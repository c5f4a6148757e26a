// demo/manifests.ts: the demo's own copy of examples/demo, which its scenes edit as a control plane would.
import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { allServices, type ShownService } from './services.js';

export interface Manifests {
  /** What `kube-portal run --manifests` is given. */
  readonly directory: string;
  /** The Service's own lines in its file, without comments. */
  serviceLines(service: ShownService): Promise<readonly string[]>;
  /** Rewrites the endpoints of its EndpointSlice, in one step. Resolves with the change: lines with `-` and `+`. */
  setEndpoints(service: ShownService, ips: readonly string[]): Promise<readonly string[]>;
}

/** @param examples the folder to copy from @param directory made; the owner removes it */
export async function copyManifests(examples: string, directory: string): Promise<Manifests> {
  await mkdir(directory, { recursive: true });
  await Promise.all(allServices.map(({ file }) => copyFile(join(examples, file), join(directory, file))));
  return {
    directory,
    async serviceLines({ file }) {
      const [service = ''] = (await readFile(join(directory, file), 'utf8')).split(/^---\n/m);
      return service.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    },
    async setEndpoints({ file }, ips) {
      const path = join(directory, file);
      const before = await readFile(path, 'utf8');
      const after = withEndpoints(before, ips);
      // A reader sees the old file or the new one, never half of it.
      await writeFile(`${path}.new`, after);
      await rename(`${path}.new`, path);
      return changedLines(before, after);
    },
  };
}

/** @param text one EndpointSlice whose `endpoints:` are a line each, as in examples/demo */
export function withEndpoints(text: string, ips: readonly string[]): string {
  const lines = ips.map((ip) => `\n  - addresses: [${ip}]`);
  const block = ips.length === 0 ? 'endpoints: []' : `endpoints:${lines.join('')}`;
  const found = /^endpoints:.*(?:\n {2}- addresses: .*)*/m;
  if (!found.test(text)) throw new Error('edit the manifest: it has no endpoints');
  return text.replace(found, block);
}

/** A diff without context; lines that only moved are no change. */
export function changedLines(before: string, after: string): readonly string[] {
  const [old, now] = [before.split('\n'), after.split('\n')];
  return [
    ...old.filter((line) => !now.includes(line)).map((line) => `- ${line}`),
    ...now.filter((line) => !old.includes(line)).map((line) => `+ ${line}`),
  ];
}

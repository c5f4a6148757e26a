// test/support/manifest-folder.ts: a folder of manifests for the program under test, in a temporary place.
import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { KubeKind, KubeObject } from '../../lib/model/kube-objects.js';

const apiVersions: Readonly<Record<KubeKind, string>> = {
  Service: 'v1',
  Endpoints: 'v1',
  Node: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
};

export interface ManifestFolder {
  readonly path: string;
  /** Writes `name` whole: objects as a JSON List, or a text as it is. */
  write(name: string, content: readonly KubeObject[] | string): Promise<void>;
  remove(name: string): Promise<void>;
  /** Takes the folder out of its place, and puts it back. */
  hide(): Promise<void>;
  show(): Promise<void>;
  close(): Promise<void>;
}

export async function createManifestFolder(): Promise<ManifestFolder> {
  const parent = await mkdtemp(join(tmpdir(), 'kube-portal-manifests-'));
  const path = await mkdtemp(join(parent, 'services-'));
  return {
    path,
    write: (name, content) =>
      writeFile(join(path, name), typeof content === 'string' ? content : listOf(content)),
    remove: (name) => rm(join(path, name)),
    hide: () => rename(path, `${path}.away`),
    show: () => rename(`${path}.away`, path),
    close: () => rm(parent, { recursive: true, force: true }),
  };
}

function listOf(objects: readonly KubeObject[]): string {
  const items = objects.map((object) => ({ apiVersion: apiVersions[object.kind], ...object }));
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, undefined, 2);
}

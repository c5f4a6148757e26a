// test/support/config-map.ts: a file as the kubelet mounts one of a ConfigMap: a link to a folder's link, which is swapped.
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface ConfigMapFile {
  readonly path: string;
  /** Puts another text in its place, in one step. */
  write(text: string): Promise<void>;
  close(): Promise<void>;
}

export async function createConfigMapFile(name: string, text: string): Promise<ConfigMapFile> {
  const root = await mkdtemp(join(tmpdir(), 'kube-portal-config-'));
  let version = 0;
  const write = async (next: string): Promise<void> => {
    const before = `..${version}`;
    version += 1;
    const folder = `..${version}`;
    await mkdir(join(root, folder));
    await writeFile(join(root, folder, name), next);
    await symlink(folder, join(root, '..data_tmp'));
    await rename(join(root, '..data_tmp'), join(root, '..data'));
    await rm(join(root, before), { recursive: true, force: true });
  };
  await write(text);
  await symlink(join('..data', name), join(root, name));
  return { path: join(root, name), write, close: () => rm(root, { recursive: true, force: true }) };
}

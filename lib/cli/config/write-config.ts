// cli/config/write-config.ts: --write-config-to: a configuration as the file that --config reads.
import { writeFile } from 'node:fs/promises';
import { stringify } from 'yaml';
import type { KubeProxyConfiguration } from './schema.js';

/** YAML with sorted keys, as kube-proxy writes it. */
export function configText(config: KubeProxyConfiguration): string {
  return stringify(config, { sortMapEntries: true, version: '1.1', lineWidth: 0 });
}

/** Rejects when the file can't be written. */
export async function writeConfig(path: string, config: KubeProxyConfiguration): Promise<void> {
  try {
    await writeFile(path, configText(config));
  } catch (cause) {
    const told = cause instanceof Error ? cause.message : String(cause);
    throw new Error(`write the configuration to ${path}: ${told}`, { cause });
  }
}

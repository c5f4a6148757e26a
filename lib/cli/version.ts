// cli/version.ts: what `kube-portal version` prints.
import { readFileSync } from 'node:fs';
import { dataPlanes } from './data-planes.js';

export interface VersionInfo {
  readonly name: string;
  readonly version: string;
  /** `v24.11.0`. */
  readonly node: string;
  /** What --data-plane can be. */
  readonly dataPlanes: readonly string[];
}

/** Reads package.json, which lies three folders above the compiled file in a checkout, a package and the image. */
export function readVersion(): VersionInfo {
  const path = new URL('../../../package.json', import.meta.url);
  const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as { name: string; version: string };
  return { name, version, node: process.version, dataPlanes };
}

/** `kube-portal 0.1.0, Node.js v24.11.0, data planes: node`. */
export function formatVersion(info: VersionInfo): string {
  return `${info.name} ${info.version}, Node.js ${info.node}, data planes: ${info.dataPlanes.join(', ')}`;
}

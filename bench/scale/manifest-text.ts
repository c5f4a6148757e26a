// bench/scale/manifest-text.ts: PURE. Apps as manifests: YAML documents as people write them, or the one JSON list that
// `kubectl get -o json` prints.
import { stringify } from 'yaml';
import type { App } from './cluster.js';

export const servicesPerFile = 100;

export function yamlText(apps: readonly App[]): string {
  return apps.flatMap(({ service, slice }) => [stringify(service), stringify(slice)]).join('---\n');
}

export function jsonText(apps: readonly App[]): string {
  const items = apps.flatMap(({ service, slice }) => [service, slice]);
  return JSON.stringify({ apiVersion: 'v1', kind: 'List', items }, undefined, 4);
}

/** `apps-003.yaml` and its apps, `servicesPerFile` in each. */
export function yamlFiles(apps: readonly App[]): ReadonlyMap<string, readonly App[]> {
  const files = new Map<string, readonly App[]>();
  for (let start = 0; start < apps.length; start += servicesPerFile) {
    const number = String(start / servicesPerFile).padStart(3, '0');
    files.set(`apps-${number}.yaml`, apps.slice(start, start + servicesPerFile));
  }
  return files;
}

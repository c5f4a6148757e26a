// sources/kube/kubeconfig-file.ts: one kubeconfig file, read and checked, reduced to the context that is used.
// Errors name the file, the line and the field; client-node's own reader would say only that something is wrong.
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { type Document, LineCounter, parseDocument } from 'yaml';
import { ClusterConfigError } from './config-error.js';
import type { FieldPath, Fields, NamedEntry, Refuse } from './kubeconfig-entry.js';
import { checkTlsMaterial } from './kubeconfig-tls.js';

export interface Kubeconfig {
  /** Holds one context with its cluster and its user, under names of ours. */
  readonly document: Fields;
  /** Relative paths in the document start here. */
  readonly folder: string;
}

/** @param contextName instead of the file's current-context */
export async function readKubeconfig(file: string, contextName: string | undefined): Promise<Kubeconfig> {
  const { root, refuse } = parse(file, await readText(file));
  const folder = path.dirname(path.resolve(file));

  const wanted = contextName ?? root['current-context'];
  if (typeof wanted !== 'string' || wanted === '') {
    refuse(['current-context'], `current-context is not set; contexts are: ${namesIn(root.contexts)}`);
  }
  const context = findNamed(root, 'contexts', 'context', wanted, contextName ?? 'current-context', refuse);
  const clusterName = context.fields.cluster;
  if (typeof clusterName !== 'string') refuse([...context.at, 'cluster'], 'names no cluster');
  const cluster = findNamed(root, 'clusters', 'cluster', clusterName, label(context.at, 'cluster'), refuse);
  checkServer(cluster.fields.server, [...cluster.at, 'server'], refuse);

  const userName = context.fields.user;
  // client-node applies the cluster's CA only where there is a user, so one without credentials stands in.
  const user =
    userName === undefined || userName === ''
      ? { fields: {}, at: context.at }
      : findNamed(root, 'users', 'user', userName, label(context.at, 'user'), refuse);
  await checkTlsMaterial(cluster, user, folder, refuse);

  return {
    folder,
    document: {
      apiVersion: 'v1',
      kind: 'Config',
      'current-context': 'used',
      contexts: [{ name: 'used', context: { cluster: 'used', user: 'used' } }],
      clusters: [{ name: 'used', cluster: cluster.fields }],
      users: [{ name: 'used', user: forClientNode(user.fields, folder) }],
    },
  };
}

async function readText(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error);
    throw new ClusterConfigError(`kubeconfig ${file}: can't be read: ${told}`, { cause: error });
  }
}

function parse(file: string, text: string): { root: Fields; refuse: Refuse } {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const position = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${line}:${col}`;
  };
  const broken = document.errors[0];
  if (broken !== undefined) {
    throw new ClusterConfigError(`kubeconfig ${position(broken.pos[0])}: ${broken.message}`, {
      cause: broken,
    });
  }
  const refuse: Refuse = (at, problem, cause) => {
    const where = position(offsetOf(document, at));
    const field = at.length === 0 ? '' : `${label(at)}: `;
    throw new ClusterConfigError(`kubeconfig ${where}: ${field}${problem}`, { cause });
  };
  const root = toPlain(document, refuse);
  if (!isFields(root)) refuse([], 'not a kubeconfig (it holds no fields)');
  return { root, refuse };
}

/** Aliases that multiply without end are refused here. */
function toPlain(document: Document, refuse: Refuse): unknown {
  try {
    return document.toJS();
  } catch (error) {
    return refuse([], error instanceof Error ? error.message : String(error), error);
  }
}

/** Of the field, or of the nearest thing around it that is there. */
function offsetOf(document: Document, at: FieldPath): number {
  for (let length = at.length; length > 0; length -= 1) {
    const node: unknown = document.getIn(at.slice(0, length), true);
    if (typeof node === 'object' && node !== null && 'range' in node && Array.isArray(node.range)) {
      return Number(node.range[0]);
    }
  }
  return document.contents?.range?.[0] ?? 0;
}

/** `contexts: [{ name, context: {...} }]` and its two siblings. */
function findNamed(
  root: Fields,
  list: string,
  key: string,
  name: unknown,
  namedBy: string,
  refuse: Refuse,
): NamedEntry {
  const entries = Array.isArray(root[list]) ? root[list] : [];
  const index = entries.findIndex((entry: unknown) => isFields(entry) && entry.name === name);
  if (index === -1) {
    refuse([list], `no ${key} "${String(name)}", which ${namedBy} names; there are: ${namesIn(root[list])}`);
  }
  const fields: unknown = entries[index][key];
  if (!isFields(fields)) refuse([list, index], `${key} "${String(name)}" has no field "${key}"`);
  return { fields, at: [list, index, key] };
}

function namesIn(list: unknown): string {
  const entries: readonly unknown[] = Array.isArray(list) ? list : [];
  const names = entries.flatMap((entry) => (isFields(entry) ? [String(entry.name)] : []));
  return names.length === 0 ? 'none' : names.join(', ');
}

function checkServer(server: unknown, at: FieldPath, refuse: Refuse): void {
  if (typeof server !== 'string' || server === '') refuse(at, 'is not set');
  if (!URL.canParse(server) || !/^https?:$/.test(new URL(server).protocol)) {
    refuse(at, `"${server}" is no http:// or https:// address`);
  }
}

/** Two things client-go knows and client-node 1.4 does not. */
function forClientNode(user: Fields, folder: string): Fields {
  const { tokenFile, token, ...rest } = user;
  if (typeof tokenFile === 'string' && tokenFile !== '') {
    // `users[].user.tokenFile` wins over `token` and is read again and again: kubeadm's kube-proxy is set up so.
    const config = { tokenFile: path.resolve(folder, tokenFile) };
    return { ...rest, 'auth-provider': { name: 'tokenFile', config } };
  }
  const { exec } = user;
  if (isFields(exec) && typeof exec.command === 'string' && exec.command.includes('/')) {
    return { ...user, exec: { ...exec, command: path.resolve(folder, exec.command) } };
  }
  return token === undefined ? rest : { ...rest, token };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** `clusters[0].cluster.server`. */
function label(at: FieldPath, more?: string): string {
  const parts = more === undefined ? at : [...at, more];
  return parts.reduce<string>((text, part) => {
    if (typeof part === 'number') return `${text}[${part}]`;
    return text === '' ? part : `${text}.${part}`;
  }, '');
}

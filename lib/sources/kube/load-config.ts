// sources/kube/load-config.ts: which cluster, and as whom: a kubeconfig file or the Pod's own service account.
import { access, constants } from 'node:fs/promises';
import type { KubeConfig } from '@kubernetes/client-node';
import { type ClusterAccess, createClusterAccess } from './cluster-access.js';
import { ClusterConfigError } from './config-error.js';
import { readKubeconfig } from './kubeconfig-file.js';

export interface ClusterOptions {
  /** A kubeconfig file. Absent: the service account of the Pod this runs in. */
  readonly kubeconfig?: string;
  /** Instead of the kubeconfig's current-context. Ignored in a Pod. */
  readonly context?: string;
  /** Put before the service account's paths, for tests. @default '' */
  readonly serviceAccountRoot?: string;
}

const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

/** Rejects with ClusterConfigError, which says what to mend and where. The server itself is not asked. */
export async function loadClusterAccess(options: ClusterOptions): Promise<ClusterAccess> {
  const load = () => loadKubeConfig(options);
  return createClusterAccess(await load(), load);
}

async function loadKubeConfig(options: ClusterOptions): Promise<KubeConfig> {
  if (options.kubeconfig !== undefined) return loadFromFile(options.kubeconfig, options.context);
  return loadFromCluster(options.serviceAccountRoot ?? '');
}

async function loadFromFile(file: string, context: string | undefined): Promise<KubeConfig> {
  const kubeconfig = await readKubeconfig(file, context);
  const config = await newKubeConfig();
  try {
    config.loadFromString(JSON.stringify(kubeconfig.document), { onInvalidEntry: 'filter' });
    config.makePathsAbsolute(kubeconfig.folder);
  } catch (error) {
    const told = error instanceof Error ? error.message : String(error);
    throw new ClusterConfigError(`kubeconfig ${file}: ${told}`, { cause: error });
  }
  return config;
}

async function loadFromCluster(root: string): Promise<KubeConfig> {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = process.env;
  if (!host || !port) {
    throw notInCluster('KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set');
  }
  for (const name of ['token', 'ca.crt']) {
    const file = `${root}${serviceAccountFolder}/${name}`;
    try {
      await access(file, constants.R_OK);
    } catch (error) {
      throw notInCluster(`the service account's ${file} can't be read`, error);
    }
  }
  const config = await newKubeConfig();
  config.loadFromCluster(root);
  return config;
}

function notInCluster(what: string, cause?: unknown): ClusterConfigError {
  return new ClusterConfigError(
    `no cluster to read from: ${what}. Name a source: --manifests DIR (no cluster needed), --kubeconfig FILE, ` +
      'or run in a Pod with a service account token (in-cluster)',
    { cause },
  );
}

/** Importing client-node costs 0.4 s and 80 MB, so only who reads from a cluster pays for it. */
async function newKubeConfig(): Promise<KubeConfig> {
  const clientNode = await import('@kubernetes/client-node');
  return new clientNode.KubeConfig();
}

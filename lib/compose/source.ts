// compose/source.ts: from the command line's origin of Services to a Source. The Kubernetes client is loaded only when
// a cluster is that origin: it costs 0.4 s of the start.
import type { SourceOption } from '../cli/options.js';
import type { Clock } from '../proxier/clock.js';
import type { Log } from '../proxier/log.js';
import type { Source } from '../proxier/source.js';

/** Rejects with an error that names the file and what is wrong in it. */
export async function createSource(
  option: SourceOption,
  parts: { readonly nodeName: string; readonly log: Log; readonly clock: Clock },
): Promise<Source> {
  const { log, clock, nodeName } = parts;
  if (option.kind === 'manifests') {
    const { createManifestSource } = await import('../sources/file/manifest-source.js');
    return createManifestSource({ paths: option.paths, log, clock });
  }
  const { createKubeSource } = await import('../sources/kube/kube-source.js');
  const kubeconfig = option.kind === 'kubeconfig' ? { kubeconfig: option.path } : {};
  return createKubeSource({ ...kubeconfig, nodeName, log, clock });
}

// cli/config/configz.ts: what /configz shows: the configuration in force, in the API's own words, and beside it our own
// flags. Pure.
import { runFlags } from '../flags.js';
import type { RunOptions } from '../options.js';

/** JSON; kube-proxy's key for its configuration is the API group. */
export function configz(options: RunOptions): Readonly<Record<string, unknown>> {
  const own = Object.entries(options).filter(([key]) => key in runFlags);
  return {
    'kubeproxy.config.k8s.io': options.config,
    'kube-portal': { ...Object.fromEntries(own), source: options.source, configFile: options.configFile },
  };
}

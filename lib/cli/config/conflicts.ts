// cli/config/conflicts.ts: what can only be checked over several fields of a configuration. Pure.
import { parseDurationMs } from '../duration.js';
import type { FieldPath } from './field-path.js';
import { syncSectionOf } from './field-rules.js';
import type { KubeProxyConfiguration } from './schema.js';

export interface Conflict {
  /** The one to be changed comes first. */
  readonly fields: readonly [FieldPath, ...FieldPath[]];
  /** Names what contradicts what: it may be told of any of the fields. */
  readonly message: string;
}

/** Those of kube-proxy's rules that take more than one field. */
export function conflictsIn(config: KubeProxyConfiguration): readonly Conflict[] {
  const { detectLocalMode, detectLocal } = config;
  const found: Conflict[] = [];
  const section = syncSectionOf(config);
  const { syncPeriod, minSyncPeriod } = config[section];
  if (parseDurationMs(minSyncPeriod) > parseDurationMs(syncPeriod)) {
    found.push({
      fields: [`${section}.minSyncPeriod`, `${section}.syncPeriod`],
      message: `the least time between two syncs (${minSyncPeriod}) must not be longer than the sync period (${syncPeriod})`,
    });
  }
  // A file's list was refused already; a flag that is given more than once adds up to one.
  if (config.nodePortAddresses.length > 1 && config.nodePortAddresses.includes('primary')) {
    found.push({ fields: ['nodePortAddresses'], message: 'CIDRs or "primary", not both' });
  }
  const name = { BridgeInterface: 'bridgeInterface', InterfaceNamePrefix: 'interfaceNamePrefix' } as const;
  const flag = { BridgeInterface: 'pod-bridge-interface', InterfaceNamePrefix: 'pod-interface-name-prefix' };
  if (detectLocalMode === 'BridgeInterface' || detectLocalMode === 'InterfaceNamePrefix') {
    const field = name[detectLocalMode];
    if (detectLocal[field] === '') {
      const message = `detectLocalMode ${detectLocalMode} needs detectLocal.${field} (--${flag[detectLocalMode]})`;
      found.push({ fields: [`detectLocal.${field}`, 'detectLocalMode'], message });
    }
  }
  return found;
}

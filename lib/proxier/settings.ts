// proxier/settings.ts: PURE. What an administrator may change while the program runs, and how a change is taken: what
// says the same stays the same object, so that asking for it twice costs nothing.
import type { DetectLocalMode } from './detect-local.js';
import type { NodePortAddresses } from './node-port-addresses.js';

export interface ProxierSettings {
  /** Where nodePorts answer. kube-proxy's --nodeport-addresses, whose absence is `all`. */
  readonly nodePortAddresses: NodePortAddresses;
  /** False: nodePorts do not answer on loopback addresses. kube-proxy's --iptables-localhost-nodeports. */
  readonly localhostNodePorts: boolean;
  /** How pods are told from others, for externalTrafficPolicy Local. kube-proxy's --detect-local-mode. */
  readonly detectLocal: DetectLocalMode;
  /** Forwarded packets of no known flow are dropped. The opposite of kube-proxy's --conntrack-tcp-be-liberal. */
  readonly dropInvalid: boolean;
  /** Milliseconds between two syncs. @default 1000, set by the configuration */
  readonly minSyncPeriodMs: number;
  /** Milliseconds after which everything is synced though nothing changed. @default 30_000, set by the configuration */
  readonly syncPeriodMs: number;
}

/** What is in force at the moment of the call. */
export type CurrentSettings = () => ProxierSettings;

/** `before` itself where `next` says the same, and else with those parts of it that do. */
export function changedSettings(before: ProxierSettings, next: ProxierSettings): ProxierSettings {
  const changed: ProxierSettings = {
    nodePortAddresses: kept(before.nodePortAddresses, next.nodePortAddresses),
    localhostNodePorts: next.localhostNodePorts,
    detectLocal: kept(before.detectLocal, next.detectLocal),
    dropInvalid: next.dropInvalid,
    minSyncPeriodMs: next.minSyncPeriodMs,
    syncPeriodMs: next.syncPeriodMs,
  };
  const isSame =
    changed.nodePortAddresses === before.nodePortAddresses &&
    changed.localhostNodePorts === before.localhostNodePorts &&
    changed.detectLocal === before.detectLocal &&
    changed.dropInvalid === before.dropInvalid &&
    changed.minSyncPeriodMs === before.minSyncPeriodMs &&
    changed.syncPeriodMs === before.syncPeriodMs;
  return isSame ? before : changed;
}

/** They are values of JSON, made in one place and so with their keys in one order. */
function kept<Value>(before: Value, next: Value): Value {
  return JSON.stringify(before) === JSON.stringify(next) ? before : next;
}

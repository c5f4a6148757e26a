// explain/sender.ts: PURE. Whose connections are explained: which portals are for them, and which way of a portal they go.
import { BlockList } from 'node:net';
import { canonicalIp, type IpFamily, ipFamilyOf } from '../model/ip.js';
import type { PortalKind } from '../model/portal-address.js';
import type { DetectLocal } from '../proxier/rule-applier.js';

/**
 * everybody: no question of who; host: this node itself; pod: a pod's address; outside: a client beyond the cluster,
 * `ip` where it is known; somebody: by its address nobody can tell whether it is a pod.
 */
export type Sender =
  | { readonly kind: 'everybody' }
  | { readonly kind: 'host'; readonly ip: string }
  | { readonly kind: 'pod'; readonly ip: string }
  | { readonly kind: 'outside'; readonly ip?: string }
  | { readonly kind: 'somebody'; readonly ip: string };

/**
 * @param text what --from says: an address, or `external`
 * @returns undefined: it is neither
 */
export function senderOf(
  text: string | undefined,
  detectLocal: DetectLocal,
  localAddresses: ReadonlySet<string>,
): Sender | undefined {
  if (text === undefined) return { kind: 'everybody' };
  if (text === 'external') return { kind: 'outside' };
  const ip = canonicalIp(text);
  if (ip === undefined) return undefined;
  if (localAddresses.has(ip) || isLoopback(ip)) return { kind: 'host', ip };
  const family = ipFamilyOf(ip);
  if (detectLocal.kind !== 'cidrs' || family === undefined) return { kind: 'somebody', ip };
  return isInRanges(ip, detectLocal.cidrs[family]) ? { kind: 'pod', ip } : { kind: 'outside', ip };
}

/** By the first rule that matches; undefined: by any of them. */
export function wayFor(sender: Sender, detectLocal: DetectLocal): 'cluster' | 'everybody' | undefined {
  switch (sender.kind) {
    case 'everybody':
      return undefined;
    case 'host':
      return 'cluster';
    case 'pod':
      return 'cluster';
    case 'outside':
      return 'everybody';
    case 'somebody':
      return detectLocal.kind === 'none' ? 'everybody' : undefined;
  }
}

/** A clusterIP means nothing to the world outside, and an address nothing to who has none of its family. */
export function mayUse(sender: Sender, kind: PortalKind, ipFamily: IpFamily): boolean {
  const own = familyOf(sender);
  if (own !== undefined && own !== ipFamily) return false;
  return sender.kind !== 'outside' || kind !== 'clusterIP';
}

/** undefined: not known, or both. */
export function familyOf(sender: Sender): IpFamily | undefined {
  if (!('ip' in sender) || sender.ip === undefined) return undefined;
  // The host has addresses of both.
  return sender.kind === 'host' ? undefined : ipFamilyOf(sender.ip);
}

/** undefined: it depends on an address that is not known. */
export function isLetIn(sender: Sender, ranges: readonly string[] | undefined): boolean | undefined {
  if (ranges === undefined) return true;
  if (ranges.length === 0) return false;
  if (!('ip' in sender) || sender.ip === undefined) return undefined;
  // Asked for by a loopback address, the host takes another one of its own on the way.
  if (isLoopback(sender.ip)) return undefined;
  return isInRanges(sender.ip, ranges);
}

function isLoopback(ip: string): boolean {
  return ip.startsWith('127.') || ip === '::1';
}

export function senderText(sender: Sender): string {
  switch (sender.kind) {
    case 'everybody':
      return 'from anywhere';
    case 'host':
      return `from this host (${sender.ip})`;
    case 'pod':
      return `from the pod ${sender.ip}`;
    case 'outside':
      return sender.ip === undefined ? 'from outside the cluster' : `from outside the cluster (${sender.ip})`;
    case 'somebody':
      return `from ${sender.ip}`;
  }
}

function isInRanges(ip: string, ranges: readonly string[]): boolean {
  const list = new BlockList();
  for (const range of ranges) {
    const [network = '', bits = ''] = range.split('/');
    list.addSubnet(network, Number(bits), network.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list.check(ip, ip.includes(':') ? 'ipv6' : 'ipv4');
}

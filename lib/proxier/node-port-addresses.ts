// proxier/node-port-addresses.ts: PURE. On which addresses of this host nodePorts answer: from what the administrator
// chose and what addresses there are now. kube-proxy's --nodeport-addresses.
import { type Cidr, cidrOf, isInCidr } from '../model/cidr.js';
import { type IpFamily, ipFamilyOf } from '../model/ip.js';
import { sameTexts } from '../model/slice-record.js';
import type { HostNetworkState } from './host-network.js';
import type { DesiredRules } from './rule-applier.js';

export type NodePortAddresses =
  | 'all'
  /** Of each family this host's main address. */
  | 'primary'
  /** Addresses in these ranges; a range of everything (0.0.0.0/0, ::/0) is all of the family. */
  | Readonly<Record<IpFamily, readonly string[]>>;

type Resolved = DesiredRules['nodePortAddresses'];
type Host = Pick<HostNetworkState, 'localAddresses' | 'nodeAddress'>;

/** The same object for as long as it says the same. */
export type NodePortAddressChooser = (host: Host) => Resolved;

export function nodePortAddressChooser(wanted: NodePortAddresses): NodePortAddressChooser {
  if (wanted === 'all') return () => 'all';
  const cidrs = wanted === 'primary' ? undefined : { IPv4: cidrsOf(wanted.IPv4), IPv6: cidrsOf(wanted.IPv6) };
  if (cidrs !== undefined && isAll(cidrs.IPv4) && isAll(cidrs.IPv6)) return () => 'all';
  let last = { IPv4: [] as readonly string[], IPv6: [] as readonly string[] };
  return (host) => {
    const of = (ipFamily: IpFamily): readonly string[] =>
      cidrs === undefined ? primary(host, ipFamily) : within(cidrs[ipFamily], host, ipFamily);
    const next = { IPv4: of('IPv4'), IPv6: of('IPv6') };
    if (!sameTexts(last.IPv4, next.IPv4) || !sameTexts(last.IPv6, next.IPv6)) last = next;
    return last;
  };
}

function cidrsOf(texts: readonly string[]): readonly Cidr[] {
  return texts.flatMap((text) => cidrOf(text) ?? []);
}

function primary({ nodeAddress }: Host, ipFamily: IpFamily): readonly string[] {
  const address = nodeAddress[ipFamily];
  return address === undefined ? [] : [address];
}

function within(cidrs: readonly Cidr[], { localAddresses }: Host, ipFamily: IpFamily): readonly string[] {
  const own = [...localAddresses].filter((ip) => ipFamilyOf(ip) === ipFamily).sort();
  if (isAll(cidrs)) return own;
  return own.filter((ip) => cidrs.some((cidr) => isInCidr(ip, cidr)));
}

function isAll(cidrs: readonly Cidr[]): boolean {
  return cidrs.some(({ prefixLength }) => prefixLength === 0);
}

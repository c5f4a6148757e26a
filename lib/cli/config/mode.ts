// cli/config/mode.ts: what changes for who comes from another mode of kube-proxy. Pure.

export type OtherMode = 'iptables' | 'ipvs' | 'nftables';

const everywhere =
  'connections end at a listener of this process: endpoints see an address of this node instead of the ' +
  "client's, endpoints take turns (round robin), one that does not answer is passed over, and connections end " +
  'with the process';

const special: Readonly<Record<OtherMode, string>> = {
  iptables: '',
  ipvs:
    '; there are no IPVS virtual servers (ipvsadm shows nothing, and the scheduler has no effect), ClusterIPs are on no ' +
    'interface and do not answer ping, and NodePorts answer on 127.0.0.1 as well unless iptables.localhostNodePorts ' +
    'is false',
  nftables:
    "; the rules are in iptables' tables, and a ClusterIP's other ports are not refused; NodePorts answer on the " +
    "node's primary addresses alone, as in that mode",
};

/** undefined: userspace. */
export function otherMode(mode: string): OtherMode | undefined {
  return mode === 'iptables' || mode === 'ipvs' || mode === 'nftables' ? mode : undefined;
}

/** One sentence. */
export function modeDifferences(mode: OtherMode): string {
  return `proxy mode ${mode} runs in userspace here: ${everywhere}${special[mode]}`;
}

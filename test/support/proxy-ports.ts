// test/support/proxy-ports.ts: which local port each portal leads to, read from what iptables-save says.

/**
 * By `address:port/protocol` in lower case (`10.96.0.1:80/tcp`), a nodePort without an address (`:30080/tcp`), as the rules
 * lead those who are not of the cluster.
 */
export function proxyPorts(saved: string): ReadonlyMap<string, number> {
  const found = new Map<string, number>();
  for (const line of saved.split('\n')) {
    const match =
      /^-A KUBE-(?:PORTALS|NODEPORT)-\S+ (?:-d (\S+)\/(?:32|128) )?-p (\w+) .*--dport (\d+) .*(?:--to-ports |--to-destination .*:)(\d+)$/.exec(
        line,
      );
    if (match === null) continue;
    const [, ip = '', protocol = '', port = '', proxyPort = ''] = match;
    found.set(`${ip}:${port}/${protocol}`, Number(proxyPort));
  }
  return found;
}

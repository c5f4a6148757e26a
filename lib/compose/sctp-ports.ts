// compose/sctp-ports.ts: which ports of SCTP are whose. A port is a number here, no socket is bound to it: nobody but these
// few lines keeps the relay, its listeners, NodePorts and the kernel's own sockets apart.
import type { PortRange } from '../proxier/port-allocator.js';

/** kube-apiserver's --service-node-port-range, unless somebody gave another one. */
const nodePorts: PortRange = { first: 30_000, last: 32_767 };

const usualListenerPorts: PortRange = { first: 10_000, last: 19_999 };

/** Whom the relay's ports may get in the way of; one sentence's end each. @param ephemeral the kernel's, if known */
export function overlaps(relayPorts: PortRange, ephemeral: PortRange | undefined): readonly string[] {
  const found: string[] = [];
  if (doOverlap(relayPorts, nodePorts))
    found.push(`NodePorts (${text(nodePorts)}): a NodePort for SCTP among them would not be reached`);
  if (ephemeral !== undefined && doOverlap(relayPorts, ephemeral))
    found.push(
      `the kernel's ephemeral ports (ip_local_port_range ${text(ephemeral)}): other SCTP programs of this host may get one of them, and lose their packets`,
    );
  return found;
}

/** Where a listener finds its port that may have any; the relay's own among them are passed over. */
export function listenerPorts(relayPorts: PortRange): PortRange {
  return doOverlap(relayPorts, usualListenerPorts)
    ? { first: usualListenerPorts.first, last: 65_535 }
    : usualListenerPorts;
}

function doOverlap(a: PortRange, b: PortRange): boolean {
  return a.first <= b.last && b.first <= a.last;
}

function text({ first, last }: PortRange): string {
  return `${first}-${last}`;
}

// dataplane/sctp/listener-ports.ts: which proxy ports of SCTP are taken. A port is nothing but a number here: no socket is
// bound to it.
import type { IpFamily } from '../../model/ip.js';
import { ListenError, type ListenerSpec } from '../../proxier/data-plane.js';
import type { PortRange } from './relay/options.js';

export class ListenerPorts {
  readonly #anyPorts: PortRange;
  readonly #relayPorts: PortRange;
  readonly #kernelPorts: () => ReadonlySet<number>;
  readonly #taken: Readonly<Record<IpFamily, Set<number>>> = { IPv4: new Set(), IPv6: new Set() };
  /** Where the next search begins: associations of a listener that has closed may go on at its port for hours. */
  #next: number;

  /** @param kernelPorts at which the kernel's own SCTP listens */
  constructor(anyPorts: PortRange, relayPorts: PortRange, kernelPorts: () => ReadonlySet<number>) {
    this.#anyPorts = anyPorts;
    this.#relayPorts = relayPorts;
    this.#kernelPorts = kernelPorts;
    this.#next = anyPorts.first;
  }

  /** `port`, or a free one where it is 0. Throws ListenError. */
  take({ ipFamily, key }: ListenerSpec, port: number): number {
    const taken = this.#taken[ipFamily];
    const kernel = this.#kernelPorts();
    const { first, last } = this.#relayPorts;
    const isFree = (candidate: number): boolean =>
      !taken.has(candidate) && !kernel.has(candidate) && !(candidate >= first && candidate <= last);
    const found = port === 0 ? this.#search(isFree) : port;
    if (found === undefined) throw new ListenError('port-in-use', `open ${key}: no SCTP port is free`);
    if (!isFree(found))
      throw new ListenError('port-in-use', `open ${key}: SCTP port ${port} is taken, or the relay's own`);
    taken.add(found);
    return found;
  }

  /** Goes on where the last search ended, so that a port that was just freed is the last one to be given again. */
  #search(isFree: (port: number) => boolean): number | undefined {
    const { first, last } = this.#anyPorts;
    const size = last - first + 1;
    for (let step = 0; step < size; step++) {
      const port = first + ((this.#next - first + step) % size);
      if (!isFree(port)) continue;
      this.#next = port + 1;
      return port;
    }
    return undefined;
  }

  free({ ipFamily }: ListenerSpec, port: number): void {
    this.#taken[ipFamily].delete(port);
  }
}

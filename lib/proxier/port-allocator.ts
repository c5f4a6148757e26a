// proxier/port-allocator.ts: which proxy port a new listener tries. One pool per protocol; pure bookkeeping, the
// data plane finds out whether the port can be had.
import type { Protocol } from '../model/service-port-name.js';

/** Inclusive on both ends. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

export interface PortAllocator {
  /**
   * A port to try: `preferred` if it is free and allowed, else the next free one of the range; 0 where there is no
   * range (the kernel picks). Undefined: the range is used up. The port counts as taken until release().
   */
  take(protocol: Protocol, preferred?: number): number | undefined;
  /** Books what the kernel picked for port 0. */
  taken(protocol: Protocol, port: number): void;
  release(protocol: Protocol, port: number): void;
}

/** `range` undefined: any free port, the kernel's choice. */
export function portAllocator(range: PortRange | undefined): PortAllocator {
  const used = new Map<Protocol, Set<number>>();
  const cursors = new Map<Protocol, number>();

  function usedOf(protocol: Protocol): Set<number> {
    const ports = used.get(protocol) ?? new Set<number>();
    used.set(protocol, ports);
    return ports;
  }

  function nextInRange(protocol: Protocol, { first, last }: PortRange): number | undefined {
    const ports = usedOf(protocol);
    const size = last - first + 1;
    // Going on where the last search ended keeps a port that was just freed unused for as long as can be: clients
    // may still hold conntrack entries that lead to it.
    const start = cursors.get(protocol) ?? first;
    for (let step = 0; step < size; step += 1) {
      const port = first + ((start - first + step) % size);
      if (ports.has(port)) continue;
      cursors.set(protocol, port === last ? first : port + 1);
      return port;
    }
    return undefined;
  }

  return {
    take(protocol, preferred) {
      const ports = usedOf(protocol);
      const allowed =
        preferred !== undefined && (!range || (preferred >= range.first && preferred <= range.last));
      if (allowed && !ports.has(preferred)) {
        ports.add(preferred);
        return preferred;
      }
      if (!range) return 0;
      const port = nextInRange(protocol, range);
      if (port !== undefined) ports.add(port);
      return port;
    },
    taken(protocol, port) {
      usedOf(protocol).add(port);
    },
    release(protocol, port) {
      usedOf(protocol).delete(port);
    },
  };
}

// proxier/port-allocator.ts: which proxy port a new listener tries. One pool per protocol and family; pure bookkeeping, the
// data plane finds out whether the port can be had.
import type { IpFamily } from '../model/ip.js';
import type { Protocol } from '../model/service-port-name.js';

/** Inclusive on both ends. */
export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Ports of different pools are different ports, whatever their numbers. */
export type PortPool = `${Protocol}/${IpFamily}`;

export interface LocalPort {
  readonly pool: PortPool;
  readonly port: number;
}

/** Ports by pool. */
export type PortSet = ReadonlyMap<PortPool, ReadonlySet<number>>;

export function portPool(protocol: Protocol, ipFamily: IpFamily): PortPool {
  return `${protocol}/${ipFamily}`;
}

export interface PortAllocator {
  /**
   * A port to try: `preferred` if it is free and allowed, else the next free one of the range. Where there is no range:
   * 0 (the kernel picks), or one after such a pick. Undefined: the range is used up. The port counts as taken until
   * release().
   */
  take(pool: PortPool, preferred?: number): number | undefined;
  /** Books what the kernel picked for port 0. */
  taken(pool: PortPool, port: number): void;
  /** A port that take() gave is somebody else's: what comes after it is not tried. It still counts as taken. */
  busy(pool: PortPool): void;
  release(pool: PortPool, port: number): void;
  /** From now on nobody is given one of these, preferred or not; those of the last call are free again. */
  reserve(ports: PortSet): void;
  isReserved(pool: PortPool, port: number): boolean;
}

/**
 * Without a range the kernel is asked for a free port, but not each time: its search for one gets slow as ports fill up
 * (10,000 TCP listeners: 3.4 s, all but 0.2 s of it in bind). So the ports after its pick are tried first. Every other
 * one: bind() picks ports of one parity as long as it can and leaves the other to connect(), as do we.
 */
const neighbourStep = 2;
const lastPort = 65_535;

/**
 * `range` undefined: any free port.
 * @param sctpReserved ports that the SCTP relay takes for itself: never given, nor preferred, in the pools of SCTP
 */
export function portAllocator(range: PortRange | undefined, sctpReserved?: PortRange): PortAllocator {
  const used = new Map<PortPool, Set<number>>();
  /** Where the next search begins: in the range, or among the ports after one of the kernel's picks. */
  const cursors = new Map<PortPool, number>();
  let reserved: PortSet = new Map();

  function isReserved(pool: PortPool, port: number): boolean {
    if (reserved.get(pool)?.has(port)) return true;
    if (sctpReserved === undefined || !pool.startsWith('SCTP/')) return false;
    return port >= sctpReserved.first && port <= sctpReserved.last;
  }

  function usedOf(pool: PortPool): Set<number> {
    const ports = used.get(pool) ?? new Set<number>();
    used.set(pool, ports);
    return ports;
  }

  function nextInRange(pool: PortPool, { first, last }: PortRange): number | undefined {
    const ports = usedOf(pool);
    const size = last - first + 1;
    // Going on where the last search ended keeps a port that was just freed unused for as long as can be: clients
    // may still hold conntrack entries that lead to it.
    const start = cursors.get(pool) ?? first;
    for (let step = 0; step < size; step += 1) {
      const port = first + ((start - first + step) % size);
      if (ports.has(port) || isReserved(pool, port)) continue;
      cursors.set(pool, port === last ? first : port + 1);
      return port;
    }
    return undefined;
  }

  function nextNeighbour(pool: PortPool): number {
    const ports = usedOf(pool);
    let port = cursors.get(pool) ?? lastPort + 1;
    while (ports.has(port) || isReserved(pool, port)) port += neighbourStep;
    if (port > lastPort) {
      cursors.delete(pool);
      return 0;
    }
    cursors.set(pool, port + neighbourStep);
    return port;
  }

  return {
    take(pool, preferred) {
      const ports = usedOf(pool);
      const allowed =
        preferred !== undefined && (!range || (preferred >= range.first && preferred <= range.last));
      if (allowed && !ports.has(preferred) && !isReserved(pool, preferred)) {
        ports.add(preferred);
        return preferred;
      }
      const port = range ? nextInRange(pool, range) : nextNeighbour(pool);
      if (port !== undefined && port !== 0) ports.add(port);
      return port;
    },
    taken(pool, port) {
      usedOf(pool).add(port);
      // Of several picks at once only the first: runs that grow into one another would each end soon.
      if (!range && !cursors.has(pool)) cursors.set(pool, port + neighbourStep);
    },
    busy(pool) {
      if (!range) cursors.delete(pool);
    },
    release(pool, port) {
      usedOf(pool).delete(port);
    },
    reserve(ports) {
      reserved = ports;
    },
    isReserved,
  };
}

// proxier/listener-opener.ts: opens one listener: on its nodePort if it is a claim, else on the port that a standing rule
// leads to, else on the next one that can be had.
import type { ServicePort } from '../model/service-port.js';
import { type DataPlane, ListenError, type Listener } from './data-plane.js';
import type { Feed } from './feeds.js';
import { type LocalPort, type PortAllocator, type PortPool, portPool } from './port-allocator.js';
import { type ListenerRole, listenerKey, scopeOf } from './roles.js';

export interface OpenRequest {
  readonly servicePort: ServicePort;
  readonly role: ListenerRole;
  readonly feed: Feed;
  /** The port that a standing rule leads to; of a claim the nodePort, and no other will do. */
  readonly preferredPort: number | undefined;
}

// The kernel picked a port that was taken between its choice and ours: as good as impossible three times.
const anyPortTries = 3;

export class ListenerOpener {
  readonly #dataPlane: DataPlane;
  readonly #ports: PortAllocator;
  /** Spec keys of listeners that are open. */
  readonly #keys = new Set<string>();
  /** Tried and found to be somebody else's. They count as taken until endPass(). */
  #busyElsewhere: LocalPort[] = [];

  constructor(dataPlane: DataPlane, ports: PortAllocator) {
    this.#dataPlane = dataPlane;
    this.#ports = ports;
  }

  /** Never rejects. */
  async open(request: OpenRequest): Promise<Listener | ListenError> {
    if (request.role !== 'nodePort') return this.#search(request);
    return this.#tryPort(request, request.preferredPort ?? 0);
  }

  /** Whoever had a port that was tried may be gone by the next pass. */
  endPass(): void {
    for (const { pool, port } of this.#busyElsewhere) this.#ports.release(pool, port);
    this.#busyElsewhere = [];
  }

  /** Rejects as Listener.close() does; its port is not given out again then. */
  async close(listener: Listener): Promise<void> {
    const { key, servicePortName, ipFamily } = listener.spec;
    await listener.close();
    this.#keys.delete(key);
    this.#ports.release(portPool(servicePortName.protocol, ipFamily), listener.port);
  }

  async #search(request: OpenRequest): Promise<Listener | ListenError> {
    const pool = poolOf(request.servicePort);
    let preferred = request.preferredPort;
    for (let anyPort = 0; anyPort < anyPortTries; ) {
      const port = this.#ports.take(pool, preferred);
      if (port === undefined) {
        return new ListenError('port-in-use', 'no port of --proxy-port-range is free');
      }
      preferred = undefined;
      if (port === 0) anyPort += 1;
      const outcome = await this.#tryPort(request, port);
      if (!(outcome instanceof ListenError)) {
        if (port !== 0) return outcome;
        const isReserved = this.#ports.isReserved(pool, outcome.port);
        if (!isReserved) this.#ports.taken(pool, outcome.port);
        if (!isReserved) return outcome;
        await this.close(outcome);
        continue;
      }
      if (outcome.reason !== 'port-in-use' || anyPort >= anyPortTries) {
        if (port !== 0) this.#ports.release(pool, port);
        return outcome;
      }
      if (port === 0) continue;
      this.#ports.busy(pool);
      this.#busyElsewhere.push({ pool, port });
    }
    return new ListenError('port-in-use', 'the kernel offered no free port');
  }

  async #tryPort({ servicePort, role, feed }: OpenRequest, port: number): Promise<Listener | ListenError> {
    const { name, ipFamily } = servicePort;
    const key = this.#newKey(listenerKey(servicePort.key, role));
    const scope = scopeOf(role, servicePort);
    this.#keys.add(key);
    try {
      return await this.#dataPlane.open(
        { key, servicePortName: name, ipFamily, scope, ...(role === 'nodePort' && { claim: true }) },
        feed.config,
        port,
      );
    } catch (error) {
      this.#keys.delete(key);
      if (error instanceof ListenError) return error;
      return new ListenError('other', `opening the listener of ${key} failed`, { cause: error });
    }
  }

  /** One that is to take another's place is open beside it for a while. */
  #newKey(key: string): string {
    let fresh = key;
    for (let nth = 2; this.#keys.has(fresh); nth += 1) fresh = `${key} ${nth}`;
    return fresh;
  }
}

export function poolOf({ name, ipFamily }: Pick<ServicePort, 'name' | 'ipFamily'>): PortPool {
  return portPool(name.protocol, ipFamily);
}

// proxier/listener-set.ts: the listeners the proxier holds, one per ServicePort, and the ports they got.
import type { EndpointAddress } from '../model/endpoint.js';
import type { ServicePort } from '../model/service-port.js';
import { type DataPlane, ListenError, type Listener, type ListenerConfig } from './data-plane.js';
import { createPause } from './pause.js';
import { type PortAllocator, type PortPool, portPool } from './port-allocator.js';

export interface HeldListener {
  /** As of the last sync: clusterIP and port may change under a listener that stays. */
  servicePort: ServicePort;
  readonly listener: Listener;
  config: ListenerConfig;
}

export interface OpenRequest {
  readonly servicePort: ServicePort;
  readonly config: ListenerConfig;
  /** The port that a standing rule leads to. */
  readonly preferredPort: number | undefined;
}

export interface LocalPort {
  readonly pool: PortPool;
  readonly port: number;
}

export interface OpenFailure {
  readonly servicePort: ServicePort;
  readonly error: ListenError;
}

// Enough to overlap the kernel's work with ours.
const openAtOnce = 32;
const sliceMs = 5;
// The kernel picked a port that was taken between its choice and ours: as good as impossible three times.
const anyPortTries = 3;

export class ListenerSet {
  readonly #held = new Map<string, HeldListener>();
  readonly #dataPlane: DataPlane;
  readonly #ports: PortAllocator;

  constructor(dataPlane: DataPlane, ports: PortAllocator) {
    this.#dataPlane = dataPlane;
    this.#ports = ports;
  }

  /** By ServicePort key. */
  get held(): ReadonlyMap<string, HeldListener> {
    return this.#held;
  }

  *listeners(): Iterable<Listener> {
    for (const { listener } of this.#held.values()) yield listener;
  }

  /**
   * Opens all; what can't be opened is returned and holds nothing.
   * @param avoided nobody gets one of these: rules of somebody else's portal still lead there
   */
  async open(
    requests: readonly OpenRequest[],
    avoided: readonly LocalPort[] = [],
  ): Promise<readonly OpenFailure[]> {
    const failures: OpenFailure[] = [];
    for (const { pool, port } of avoided) this.#ports.taken(pool, port);
    const isAvoided = (mine: LocalPort): boolean =>
      avoided.some(({ pool, port }) => pool === mine.pool && port === mine.port);
    // Standing rules first: a port of theirs must not go to somebody who would take any.
    const ordered = [
      ...requests.filter(({ preferredPort }) => preferredPort !== undefined),
      ...requests.filter(({ preferredPort }) => preferredPort === undefined),
    ];
    const busyElsewhere: LocalPort[] = [];
    let index = 0;
    // net.Server listens without waiting for the event loop, so awaiting it lets nobody through.
    const pause = createPause(sliceMs);
    const worker = async (): Promise<void> => {
      for (let request = ordered[index++]; request; request = ordered[index++]) {
        await pause();
        const error = await this.#openOne(request, busyElsewhere, isAvoided);
        if (error) failures.push({ servicePort: request.servicePort, error });
      }
    };
    await Promise.all(Array.from({ length: openAtOnce }, worker));
    // They were held back for this pass only: whoever has them may be gone by the next one.
    for (const { pool, port } of [...busyElsewhere, ...avoided]) this.#ports.release(pool, port);
    return failures;
  }

  async #openOne(
    { servicePort, config, preferredPort }: OpenRequest,
    busyElsewhere: LocalPort[],
    isAvoided: (port: LocalPort) => boolean,
  ): Promise<ListenError | undefined> {
    const pool = poolOf(servicePort);
    let preferred = preferredPort;
    for (let anyPort = 0; anyPort < anyPortTries; ) {
      const port = this.#ports.take(pool, preferred);
      if (port === undefined) {
        return new ListenError('port-in-use', 'no port of --proxy-port-range is free');
      }
      preferred = undefined;
      if (port === 0) anyPort += 1;
      const outcome = await this.#tryPort(servicePort, config, port);
      if (!(outcome instanceof ListenError)) {
        if (port === 0 && isAvoided({ pool, port: outcome.port })) {
          await outcome.close();
          continue;
        }
        if (port === 0) this.#ports.taken(pool, outcome.port);
        this.#held.set(servicePort.key, { servicePort, listener: outcome, config });
        return undefined;
      }
      if (outcome.reason !== 'port-in-use' || anyPort >= anyPortTries) {
        if (port !== 0) this.#ports.release(pool, port);
        return outcome;
      }
      if (port === 0) continue;
      this.#ports.busy(pool);
      busyElsewhere.push({ pool, port });
    }
    return new ListenError('port-in-use', 'the kernel offered no free port');
  }

  async #tryPort(
    servicePort: ServicePort,
    config: ListenerConfig,
    port: number,
  ): Promise<Listener | ListenError> {
    const { key, name, ipFamily } = servicePort;
    try {
      return await this.#dataPlane.open(
        { key, servicePortName: name, ipFamily, traffic: 'internal' },
        config,
        port,
      );
    } catch (error) {
      if (error instanceof ListenError) return error;
      return new ListenError('other', `opening the listener of ${key} failed`, { cause: error });
    }
  }

  /** Brings one held listener to its present ServicePort and config; free where nothing changed. */
  update(
    servicePort: ServicePort,
    endpoints: readonly EndpointAddress[],
    replyAddresses: readonly string[],
  ): void {
    const held = this.#held.get(servicePort.key);
    if (!held) return;
    held.servicePort = servicePort;
    if (held.config.endpoints === endpoints && held.config.replyAddresses === replyAddresses) return;
    held.config = { endpoints, replyAddresses };
    held.listener.update(held.config);
  }

  /** Rejects with what failed to close; every one is tried, and none of them is held any more. */
  async close(keys: readonly string[]): Promise<void> {
    const closing = keys.map(async (key) => {
      const held = this.#held.get(key);
      if (!held) return;
      this.#held.delete(key);
      await held.listener.close();
      this.#ports.release(poolOf(held.servicePort), held.listener.port);
    });
    const failed = (await Promise.allSettled(closing)).filter((result) => result.status === 'rejected');
    if (failed.length > 0) {
      throw new AggregateError(
        failed.map(({ reason }) => reason as unknown),
        `closing ${failed.length} listeners failed`,
      );
    }
  }
}

function poolOf({ name, ipFamily }: ServicePort): PortPool {
  return portPool(name.protocol, ipFamily);
}

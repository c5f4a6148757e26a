// proxier/listener-set.ts: the listeners the proxier holds, by ServicePort and by what they are for, and the ports they
// got. One that takes the place of another is open before that one closes, so that rules can change in between.
import type { UsableEndpoints } from '../model/endpoint.js';
import type { ServicePort } from '../model/service-port.js';
import type { DataPlane, ListenError } from './data-plane.js';
import {
  type HeldListener,
  type HeldListeners,
  type ListenersOfServicePort,
  listenersIn,
  noListeners,
  updateHeld,
} from './held-listener.js';
import { ListenerOpener, type OpenRequest, poolOf } from './listener-opener.js';
import { createPause } from './pause.js';
import type { PortAllocator, PortPool, PortSet } from './port-allocator.js';
import type { ListenerRole } from './roles.js';

export interface OpenFailure {
  readonly servicePort: ServicePort;
  readonly role: ListenerRole;
  readonly error: ListenError;
}

// Enough to overlap the kernel's work with ours.
const openAtOnce = 32;
const sliceMs = 5;
const noPorts: PortSet = new Map();

export class ListenerSet {
  readonly #held = new Map<string, ListenersOfServicePort>();
  /** Others have taken their places. */
  readonly #replaced = new Set<HeldListener>();
  readonly #byPort = new Map<PortPool, Map<number, HeldListener>>();
  readonly #ports: PortAllocator;
  readonly #opener: ListenerOpener;
  #version = 0;

  constructor(dataPlane: DataPlane, ports: PortAllocator) {
    this.#ports = ports;
    this.#opener = new ListenerOpener(dataPlane, ports);
  }

  get held(): HeldListeners {
    return this.#held;
  }

  get replaced(): ReadonlySet<HeldListener> {
    return this.#replaced;
  }

  /** Another number whenever a listener came or went, or others are to be led to it, or refused. */
  get version(): number {
    return this.#version;
  }

  /** All that are open. */
  *all(): Iterable<HeldListener> {
    for (const listeners of this.#held.values()) yield* listenersIn(listeners);
    yield* this.#replaced;
  }

  /** Ours that is open on this port. */
  onPort(pool: PortPool, port: number): HeldListener | undefined {
    return this.#byPort.get(pool)?.get(port);
  }

  /**
   * Opens all; what can't be opened is returned, and what was held in its place stays.
   * @param reserved nobody gets one of these, but for claims
   */
  async open(requests: readonly OpenRequest[], reserved: PortSet = noPorts): Promise<readonly OpenFailure[]> {
    this.#ports.reserve(reserved);
    const claims = requests.filter(({ role }) => role === 'nodePort');
    const others = requests.filter(({ role }) => role !== 'nodePort');
    const failures = [
      // Claims first, and standing rules second: no port of theirs must go to somebody who would take any.
      ...(await this.#openAll(claims)),
      ...(await this.#openAll([
        ...others.filter(({ preferredPort }) => preferredPort !== undefined),
        ...others.filter(({ preferredPort }) => preferredPort === undefined),
      ])),
    ];
    this.#opener.endPass();
    return failures;
  }

  async #openAll(requests: readonly OpenRequest[]): Promise<readonly OpenFailure[]> {
    const failures: OpenFailure[] = [];
    let index = 0;
    // net.Server listens without waiting for the event loop, so awaiting it lets nobody through.
    const pause = createPause(sliceMs);
    const worker = async (): Promise<void> => {
      for (let request = requests[index++]; request; request = requests[index++]) {
        await pause();
        const { servicePort, role, feed } = request;
        const outcome = await this.#opener.open(request);
        if (outcome instanceof Error) failures.push({ servicePort, role, error: outcome });
        else this.#hold({ servicePort, role, feed, listener: outcome });
      }
    };
    await Promise.all(Array.from({ length: Math.min(openAtOnce, requests.length) }, worker));
    return failures;
  }

  #hold(held: HeldListener): void {
    this.#version += 1;
    const { key } = held.servicePort;
    const before = this.#held.get(key) ?? noListeners;
    const replaced = before[held.role];
    if (replaced !== undefined) this.#replaced.add(replaced);
    this.#held.set(key, withListener(before, held.role, held));
    const pool = poolOf(held.servicePort);
    const ofPool = this.#byPort.get(pool) ?? new Map<number, HeldListener>();
    this.#byPort.set(pool, ofPool.set(held.listener.port, held));
  }

  /** Brings a ServicePort's listeners to its present state; free where nothing changed. */
  update(servicePort: ServicePort, endpoints: UsableEndpoints, replyAddresses: readonly string[]): void {
    const listeners = this.#held.get(servicePort.key);
    if (listeners === undefined) return;
    const update = (held: HeldListener): void => {
      if (updateHeld(held, servicePort, endpoints, replyAddresses)) this.#version += 1;
    };
    listenersIn(listeners).forEach(update);
    for (const held of this.#replaced) if (held.servicePort.key === servicePort.key) update(held);
  }

  /** Rejects with what failed to close; every one is tried, and none of them is held any more. */
  async close(listeners: readonly HeldListener[]): Promise<void> {
    const closing = listeners.map((held) => {
      this.#forget(held);
      return this.#opener.close(held.listener);
    });
    const failed = (await Promise.allSettled(closing)).filter((result) => result.status === 'rejected');
    if (failed.length > 0) {
      throw new AggregateError(
        failed.map(({ reason }) => reason as unknown),
        `closing ${failed.length} listeners failed`,
      );
    }
  }

  #forget(held: HeldListener): void {
    this.#version += 1;
    const { servicePort, role, listener } = held;
    const pool = poolOf(servicePort);
    if (this.onPort(pool, listener.port) === held) this.#byPort.get(pool)?.delete(listener.port);
    if (this.#replaced.delete(held)) return;
    const before = this.#held.get(servicePort.key);
    if (before?.[role] !== held) return;
    const left = withListener(before, role, undefined);
    if (listenersIn(left).length > 0) this.#held.set(servicePort.key, left);
    else this.#held.delete(servicePort.key);
  }
}

function withListener(
  { Cluster, Local, nodePort }: ListenersOfServicePort,
  role: ListenerRole,
  held: HeldListener | undefined,
): ListenersOfServicePort {
  switch (role) {
    case 'Cluster':
      return { Cluster: held, Local, nodePort };
    case 'Local':
      return { Cluster, Local: held, nodePort };
    case 'nodePort':
      return { Cluster, Local, nodePort: held };
  }
}

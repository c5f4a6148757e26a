// dataplane/node/endpoint-connections.ts: the established TCP connections of one listener by their endpoints, and what
// becomes of them when their endpoint leaves (ListenerConfig.drain). Goes on when the listener is closed.
import type { DrainPolicy } from '../../model/drain-policy.js';
import type { EndpointAddress } from '../../model/endpoint.js';
import { hostPort } from '../../model/ip.js';
import type { Clock } from '../../proxier/clock.js';
import type { ConnectionFailure } from '../../proxier/data-plane.js';

interface Cuttable {
  fail(reason: ConnectionFailure): void;
}

interface Group<Connection> {
  readonly endpoint: EndpointAddress;
  readonly connections: Set<Connection>;
  /** Clock.monotonic(); undefined while the endpoint is there. */
  leftAtMs?: number | undefined;
  /** Defined while the time to cut them is known and not come. */
  cancelTimer?: (() => void) | undefined;
}

/** Node's timers take no more and fire at once instead (a signed 32 bit number of milliseconds, 24.8 days). */
const longestTimerMs = 2 ** 31 - 1;

export class EndpointConnections<Connection extends Cuttable> {
  readonly #clock: Clock;
  /** By `ip:port`; those without connections are not there. */
  readonly #groups = new Map<string, Group<Connection>>();
  readonly #groupOf = new Map<Connection, Group<Connection>>();
  #drain: DrainPolicy = { kind: 'leave' };

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(connection: Connection, endpoint: EndpointAddress): void {
    const key = hostPort(endpoint.ip, endpoint.port);
    const group = this.#groups.get(key) ?? { endpoint, connections: new Set() };
    this.#groups.set(key, group);
    group.connections.add(connection);
    this.#groupOf.set(connection, group);
  }

  /** It is over. One that was never added is no matter. */
  delete(connection: Connection): void {
    const group = this.#groupOf.get(connection);
    if (group === undefined) return;
    this.#groupOf.delete(connection);
    group.connections.delete(connection);
    if (group.connections.size > 0) return;
    group.cancelTimer?.();
    this.#groups.delete(hostPort(group.endpoint.ip, group.endpoint.port));
  }

  /**
   * The endpoints or the policy may have changed. The time runs from when an endpoint left, whatever the policy was then;
   * one that is there again has not left.
   */
  update(isThere: (endpoint: EndpointAddress) => boolean, drain: DrainPolicy): void {
    this.#drain = drain;
    for (const group of this.#groups.values()) {
      group.leftAtMs = isThere(group.endpoint) ? undefined : (group.leftAtMs ?? this.#clock.monotonic());
      this.#drainGroup(group);
    }
  }

  #drainGroup(group: Group<Connection>): void {
    group.cancelTimer?.();
    group.cancelTimer = undefined;
    if (group.leftAtMs === undefined || this.#drain.kind === 'leave') return;
    const remainingMs = group.leftAtMs + this.#drain.afterMs - this.#clock.monotonic();
    if (remainingMs <= 0) {
      for (const connection of group.connections) connection.fail('drained');
      return;
    }
    const waitMs = Math.min(remainingMs, longestTimerMs);
    group.cancelTimer = this.#clock.after(waitMs, () => this.#drainGroup(group));
  }
}

// dataplane/node/data-plane.ts: the `node` data plane: JavaScript's own sockets (net, dgram) behind the DataPlane
// interface. Works everywhere Node does; the `linux` plane is the fast one.
import type {
  DataPlane,
  DataPlaneTotals,
  Listener,
  ListenerConfig,
  ListenerSpec,
} from '../../proxier/data-plane.js';
import { ListenError } from '../../proxier/data-plane.js';
import { connectionCap } from '../connection-cap.js';
import { type SparseWarn, sparseWarn } from '../sparse-log.js';
import { ConnectionBudget } from './connection-budget.js';
import { ConnectionSet } from './connection-set.js';
import { type NodeDataPlaneOptions, type ResolvedOptions, resolveOptions } from './options.js';
import { openTcpListener } from './tcp-listener.js';
import { openUdpListener } from './udp-listener.js';
import { UdpPorts } from './udp-port.js';

export type { Dial, DialOptions } from './dial.js';
export type { NodeDataPlaneOptions } from './options.js';

/** Opens nothing yet. */
export function createNodeDataPlane(options: NodeDataPlaneOptions): DataPlane {
  return new NodeDataPlane(resolveOptions(options));
}

class NodeDataPlane implements DataPlane {
  readonly kind = 'node';
  readonly #options: ResolvedOptions;
  readonly #warn: SparseWarn;
  readonly #budget: ConnectionBudget;
  readonly #connections = new ConnectionSet();
  readonly #udpPorts = new UdpPorts();
  /** By key; a listener that is being opened has its place already. */
  readonly #listeners = new Map<string, Promise<Listener>>();
  /** Of all listeners. */
  #listenerSockets = 0;
  #closing: Promise<void> | undefined;

  constructor(options: ResolvedOptions) {
    this.#options = options;
    this.#warn = sparseWarn(options.log, options.clock);
    const max = (): number =>
      Math.min(options.maxConnections, connectionCap(options.descriptorLimit, this.#listenerSockets));
    this.#budget = new ConnectionBudget(max, options.log, this.#warn);
  }

  async open(spec: ListenerSpec, config: ListenerConfig, port: number): Promise<Listener> {
    if (this.#closing !== undefined)
      throw new ListenError('other', `open ${spec.key}: the data plane is closed`);
    if (this.#listeners.has(spec.key)) throw new ListenError('other', `open ${spec.key}: it is open already`);
    const opening = this.#open(spec, config, port);
    this.#listeners.set(spec.key, opening);
    this.#listenerSockets += socketsOf(spec);
    try {
      return await opening;
    } catch (error) {
      this.#forget(spec);
      throw error;
    }
  }

  #forget(spec: ListenerSpec): void {
    if (this.#listeners.delete(spec.key)) this.#listenerSockets -= socketsOf(spec);
  }

  totals(): DataPlaneTotals {
    return this.#budget.totals();
  }

  close(graceMs: number): Promise<void> {
    this.#closing ??= this.#close(graceMs);
    return this.#closing;
  }

  async #close(graceMs: number): Promise<void> {
    const opened = await Promise.allSettled(this.#listeners.values());
    await Promise.all(opened.map((one) => (one.status === 'fulfilled' ? one.value.close() : undefined)));
    await this.#connections.drain(graceMs, this.#options.clock);
  }

  #open(spec: ListenerSpec, config: ListenerConfig, port: number): Promise<Listener> {
    const shared = {
      options: this.#options,
      budget: this.#budget,
      warn: this.#warn,
      closed: () => this.#forget(spec),
    };
    switch (spec.servicePortName.protocol) {
      case 'TCP':
        return openTcpListener(spec, config, port, { ...shared, connections: this.#connections });
      case 'UDP':
        return openUdpListener(spec, config, port, { ...shared, ports: this.#udpPorts });
      case 'SCTP':
        return Promise.reject(
          new ListenError('not-supported', `open ${spec.key}: the node data plane has no SCTP`),
        );
    }
  }
}

/** UDP: the wildcard, loopback, and one reply address. */
function socketsOf({ servicePortName }: ListenerSpec): number {
  return servicePortName.protocol === 'UDP' ? 3 : 1;
}

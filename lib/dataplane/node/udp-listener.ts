// dataplane/node/udp-listener.ts: answers UDP clients of one ServicePort on every local address of its family.
// dgram can't choose the source address of a reply (no IP_PKTINFO), so there is a socket for each address that rules
// may lead to: loopback (REDIRECT in OUTPUT) and replyAddresses (DNAT), beside the wildcard (REDIRECT in PREROUTING).
import type { Balancer } from '../../balance/balancer.js';
import { formatServicePortName } from '../../model/service-port-name.js';
import type { Listener, ListenerConfig, ListenerCounters, ListenerSpec } from '../../proxier/data-plane.js';
import { isAddressMissing, isPortInUse } from '../errno.js';
import { listenError } from '../listen-error.js';
import type { SparseWarn } from '../sparse-log.js';
import type { ConnectionBudget } from './connection-budget.js';
import { ListenerStats } from './listener-stats.js';
import type { ResolvedOptions } from './options.js';
import { UdpClientTable } from './udp-client-table.js';
import { UdpListeningSocket } from './udp-listening-socket.js';
import type { UdpPorts } from './udp-port.js';
import { type BindUdp, bindUdp, wildcard } from './udp-socket.js';

export interface UdpListenerContext {
  readonly options: ResolvedOptions;
  readonly budget: ConnectionBudget;
  readonly warn: SparseWarn;
  readonly ports: UdpPorts;
  /** The listener begins to close; never called for one that could not be opened. */
  closed(): void;
}

/** How often a free port that was lost between check and bind is looked for again. */
const anyPortTries = 5;

/** Rejects with ListenError; nothing stays open then. */
export async function openUdpListener(
  spec: ListenerSpec,
  config: ListenerConfig,
  port: number,
  context: UdpListenerContext,
  bind: BindUdp = bindUdp,
): Promise<Listener> {
  for (let tries = 1; ; tries++) {
    try {
      const free = await context.ports.reserve(spec.ipFamily, port);
      const listener = new UdpListener(spec, free, context, bind);
      await listener.open(config);
      return listener;
    } catch (error) {
      if (port !== 0 || tries === anyPortTries || !isPortInUse(error)) throw listenError(spec, port, error);
    }
  }
}

interface LocalAddress {
  readonly socket: UdpListeningSocket;
  readonly clients: UdpClientTable;
}

class UdpListener implements Listener {
  readonly spec: ListenerSpec;
  readonly port: number;
  readonly #context: UdpListenerContext;
  readonly #bind: BindUdp;
  readonly #balancer: Balancer;
  readonly #stats = new ListenerStats();
  /** By address. */
  readonly #locals = new Map<string, LocalAddress>();
  readonly #ownAddresses: readonly string[];
  #config: ListenerConfig | undefined;
  #generation = 0;
  #closing: Promise<void> | undefined;

  constructor(spec: ListenerSpec, port: number, context: UdpListenerContext, bind: BindUdp) {
    this.spec = spec;
    this.port = port;
    this.#context = context;
    this.#bind = bind;
    this.#balancer = context.options.newBalancer();
    this.#ownAddresses = [wildcard(spec.ipFamily), spec.ipFamily === 'IPv4' ? '127.0.0.1' : '::1'];
  }

  /** Once only. Rejects with the system's error; nothing stays open then. */
  async open(config: ListenerConfig): Promise<void> {
    try {
      for (const address of this.#ownAddresses) await this.#add(address).open();
    } catch (error) {
      // A host without its loopback address still serves others; the socket is bound when the address comes.
      const loopback = this.#locals.get(this.#ownAddresses[1] ?? '');
      if (loopback === undefined || !isAddressMissing(error)) {
        await this.#close();
        throw error;
      }
      loopback.socket.retry(error);
    }
    this.#updateEndpoints(config);
    // Waits for the first try only: an address that is not there yet keeps nobody from being served.
    await this.#updateAddresses(config.replyAddresses);
  }

  update(config: ListenerConfig): void {
    if (this.#closing !== undefined) return;
    this.#updateEndpoints(config);
    void this.#updateAddresses(config.replyAddresses);
  }

  counters(): ListenerCounters {
    return this.#stats.snapshot();
  }

  close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#context.closed();
      this.#closing = this.#close();
    }
    return this.#closing;
  }

  async #close(): Promise<void> {
    const locals = [...this.#locals.values()];
    for (const { clients } of locals) clients.drop('shutdown');
    await Promise.all(locals.map(({ socket }) => socket.close()));
    this.#context.ports.release(this.spec.ipFamily, this.port);
  }

  #updateEndpoints(config: ListenerConfig): void {
    const { endpoints, resting } = config;
    const isSame = endpoints === this.#config?.endpoints && resting === this.#config.resting;
    this.#config = config;
    this.#balancer.update(config);
    if (isSame) return;
    this.#generation++;
    this.#stats.forgetAllBut(endpoints);
    // Others find out with their next datagram, and move; here there is nothing that they could move to.
    if (endpoints.length > 0) return;
    for (const { clients } of this.#locals.values()) clients.dropGone();
  }

  /** Resolves, never rejects, when each new address was tried once. */
  async #updateAddresses(replyAddresses: readonly string[]): Promise<void> {
    const wanted = new Set([...this.#ownAddresses, ...replyAddresses]);
    for (const [address, { socket, clients }] of this.#locals) {
      if (wanted.has(address)) continue;
      this.#locals.delete(address);
      clients.drop('shutdown');
      void socket.close();
    }
    const added = [...wanted].filter((address) => !this.#locals.has(address));
    const tries = added.map((address) => {
      const socket = this.#add(address);
      return socket.open().catch((error: unknown) => socket.retry(error));
    });
    await Promise.all(tries);
  }

  #add(address: string): UdpListeningSocket {
    const { budget, options } = this.#context;
    const servicePortName = formatServicePortName(this.spec.servicePortName);
    const warn: SparseWarn = (text, fields) => this.#context.warn(text, { servicePortName, ...fields });
    const bufferBytes = options.udpSocketBufferBytes;
    const socket: UdpListeningSocket = new UdpListeningSocket(
      { ipFamily: this.spec.ipFamily, address, port: this.port, reuseAddr: true, bufferBytes },
      {
        bind: this.#bind,
        clock: options.clock,
        warn,
        message: (datagram, from) => {
          if (this.#closing === undefined) clients.receive(datagram, from.address, from.port);
        },
      },
    );
    const clients = new UdpClientTable(
      {
        balancer: this.#balancer,
        stats: this.#stats,
        budget,
        clock: options.clock,
        warn,
        idleTimeoutMs: options.udpIdleTimeoutMs,
        bufferBytes,
        generation: () => this.#generation,
      },
      (datagram, clientAddress, clientPort) => socket.send(datagram, clientAddress, clientPort),
    );
    this.#locals.set(address, { socket, clients });
    return socket;
  }
}

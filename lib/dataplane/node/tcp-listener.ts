// dataplane/node/tcp-listener.ts: accepts TCP connections for one ServicePort on every local address of its family.
// Accepting never waits for a dial. Connections outlive their listener: the data plane holds them in `connections`.
import { createServer, type Server, type Socket } from 'node:net';
import type { Balancer } from '../../balance/balancer.js';
import { formatServicePortName } from '../../model/service-port-name.js';
import type { Listener, ListenerConfig, ListenerCounters, ListenerSpec } from '../../proxier/data-plane.js';
import { listenError } from '../listen-error.js';
import type { SparseWarn } from '../sparse-log.js';
import type { ConnectionBudget } from './connection-budget.js';
import { relayHighWaterMark } from './dial.js';
import { EndpointConnections } from './endpoint-connections.js';
import { ListenerStats } from './listener-stats.js';
import type { ResolvedOptions } from './options.js';
import { reset } from './reset.js';
import { TcpConnection, type TcpConnectionContext } from './tcp-connection.js';

/** The kernel cuts it to net.core.somaxconn. */
const backlog = 4096;

export interface TcpListenerContext {
  readonly options: ResolvedOptions;
  readonly budget: ConnectionBudget;
  readonly warn: SparseWarn;
  readonly connections: {
    add(connection: TcpConnection): void;
    delete(connection: TcpConnection): void;
  };
  /** The listener begins to close. */
  closed(): void;
}

/** Rejects with ListenError; nothing stays open then. */
export async function openTcpListener(
  spec: ListenerSpec,
  config: ListenerConfig,
  port: number,
  context: TcpListenerContext,
): Promise<Listener> {
  const server = createServer({
    allowHalfOpen: true,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: context.options.keepAliveDelayMs,
    highWaterMark: relayHighWaterMark,
  });
  try {
    await listen(server, spec, port);
  } catch (error) {
    throw listenError(spec, port, error);
  }
  return new TcpListener(server, spec, config, context);
}

function listen(server: Server, spec: ListenerSpec, port: number): Promise<void> {
  const host = spec.ipFamily === 'IPv4' ? '0.0.0.0' : '::';
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog, ipv6Only: spec.ipFamily === 'IPv6', exclusive: true }, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

class TcpListener implements Listener {
  readonly spec: ListenerSpec;
  readonly port: number;
  readonly #server: Server;
  readonly #context: TcpListenerContext;
  readonly #balancer: Balancer;
  readonly #stats = new ListenerStats();
  readonly #connectionContext: TcpConnectionContext;
  /** Those that have no endpoint yet. */
  readonly #dialling = new Set<TcpConnection>();
  readonly #established: EndpointConnections<TcpConnection>;
  #config: ListenerConfig | undefined;
  #closing: Promise<void> | undefined;

  constructor(server: Server, spec: ListenerSpec, config: ListenerConfig, context: TcpListenerContext) {
    const { options } = context;
    this.spec = spec;
    this.port = portOf(server);
    this.#server = server;
    this.#context = context;
    this.#balancer = options.newBalancer();
    this.#established = new EndpointConnections(options.clock);
    this.#connectionContext = {
      servicePortName: spec.servicePortName,
      balancer: this.#balancer,
      stats: this.#stats,
      dialling: options,
      halfClosedTimeoutMs: options.halfClosedTimeoutMs,
      earlyDataBytes: options.earlyDataBytes,
      warn: context.warn,
      established: (connection, endpoint) => {
        this.#dialling.delete(connection);
        this.#established.add(connection, endpoint);
      },
      over: (connection) => this.#over(connection),
    };
    this.update(config);
    server.on('connection', (client) => this.#accepted(client));
    // An accept may fail (ENOBUFS, EPERM from a security module); the server goes on listening.
    server.on('error', (err) =>
      context.warn('accept failed', { servicePortName: formatServicePortName(spec.servicePortName), err }),
    );
  }

  update(config: ListenerConfig): void {
    if (this.#closing !== undefined || config === this.#config) return;
    this.#config = config;
    this.#balancer.update(config);
    this.#stats.forgetAllBut(config.endpoints);
    for (const connection of this.#dialling) connection.endpointsChanged();
    this.#established.update((endpoint) => this.#balancer.has(endpoint), config.drain);
  }

  counters(): ListenerCounters {
    return this.#stats.snapshot();
  }

  /**
   * The descriptor is closed within server.close(); its callback is not waited for, because it comes only after the
   * last established connection has ended.
   */
  close(): Promise<void> {
    this.#closing ??= new Promise((resolve) => {
      this.#context.closed();
      this.#server.close();
      setImmediate(resolve);
    });
    return this.#closing;
  }

  #accepted(client: Socket): void {
    this.#stats.opened++;
    if (!this.#context.budget.take('tcp')) {
      client.on('error', () => {});
      this.#stats.fail('connection-limit');
      reset(client);
      return;
    }
    this.#stats.open++;
    const connection = new TcpConnection(client, this.#connectionContext);
    this.#dialling.add(connection);
    this.#context.connections.add(connection);
  }

  #over(connection: TcpConnection): void {
    this.#stats.open--;
    this.#dialling.delete(connection);
    this.#established.delete(connection);
    this.#context.budget.release('tcp');
    this.#context.connections.delete(connection);
  }
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string')
    throw new Error('a listening TCP server has no address');
  return address.port;
}

// dataplane/node/tcp-connection.ts: one accepted TCP connection, from accept to the close of its last socket.
// Owns the client's socket and, once dialled, the endpoint's: what one does by FIN or reset, the other does too.
import type { Socket } from 'node:net';
import type { Balancer } from '../../balance/balancer.js';
import type { EndpointAddress } from '../../model/endpoint.js';
import { hostPort } from '../../model/ip.js';
import { formatServicePortName, type ServicePortName } from '../../model/service-port-name.js';
import type { ConnectionFailure } from '../../proxier/data-plane.js';
import type { SparseWarn } from '../sparse-log.js';
import { type Dialling, type DialOutcome, type DialSettings, dialCandidates } from './dial-candidates.js';
import type { ListenerStats } from './listener-stats.js';
import { OneWay } from './one-way.js';
import { reset } from './reset.js';
import { StallWatch } from './stall-watch.js';

export interface TcpConnectionContext {
  readonly servicePortName: ServicePortName;
  readonly balancer: Balancer;
  readonly stats: ListenerStats;
  readonly dialling: DialSettings;
  readonly halfClosedTimeoutMs: number;
  readonly earlyDataBytes: number;
  readonly warn: SparseWarn;
  /** Its endpoint has answered: relaying begins. */
  established(connection: TcpConnection, endpoint: EndpointAddress): void;
  /** Both sockets are closed. */
  over(connection: TcpConnection): void;
}

export class TcpConnection {
  readonly #client: Socket;
  readonly #context: TcpConnectionContext;
  readonly #fromClient: OneWay;
  readonly #dialling: Dialling;
  readonly #stalls: StallWatch[] = [];
  #endpoint: Socket | undefined;
  #openSockets = 1;
  #failed = false;
  /** Defined once one side has ended. */
  #halfClosed: { lastMoveMs: number; cancelTimer: () => void } | undefined;

  constructor(client: Socket, context: TcpConnectionContext) {
    this.#client = client;
    this.#context = context;
    client.on('error', () => this.fail('client-reset'));
    client.on('close', () => this.#closed());
    this.#fromClient = this.#oneWay(client, context.earlyDataBytes, (bytes) => {
      context.stats.rxBytes += bytes;
    });
    this.#dialling = dialCandidates(
      client.remoteAddress ?? '',
      context.balancer,
      context.dialling,
      (outcome) => this.#dialled(outcome),
    );
  }

  /** Resets both sides. Only the first reason counts. */
  fail(reason: ConnectionFailure): void {
    if (this.#failed || this.#openSockets === 0) return;
    this.#failed = true;
    this.#context.stats.fail(reason);
    this.#dialling.cancel();
    reset(this.#client);
    if (this.#endpoint !== undefined) reset(this.#endpoint);
  }

  /** Of no matter once it is established: what becomes of it then is the listener's to decide. */
  endpointsChanged(): void {
    this.#dialling.endpointsChanged();
  }

  #dialled(outcome: DialOutcome): void {
    if (outcome.kind === 'failed') {
      this.#context.warn('no endpoint for a connection', {
        servicePortName: formatServicePortName(this.#context.servicePortName),
        reason: outcome.reason,
        client: this.#client.remoteAddress,
        ...(outcome.endpoint && { endpoint: hostPort(outcome.endpoint.ip, outcome.endpoint.port) }),
        err: outcome.error,
      });
      this.fail(outcome.reason);
      return;
    }
    this.#context.stats.pick(outcome.endpoint);
    this.#context.stats.dialled(outcome.seconds);
    this.#relay(outcome.socket);
    this.#context.established(this, outcome.endpoint);
  }

  #relay(endpoint: Socket): void {
    this.#endpoint = endpoint;
    this.#openSockets++;
    endpoint.on('error', () => this.fail('endpoint-reset'));
    endpoint.on('close', () => this.#closed());
    const fromEndpoint = this.#oneWay(endpoint, 0, (bytes) => {
      this.#context.stats.txBytes += bytes;
    });
    this.#fromClient.connect(endpoint);
    fromEndpoint.connect(this.#client);
  }

  #oneWay(from: Socket, earlyDataBytes: number, count: (bytes: number) => void): OneWay {
    const stall = new StallWatch(from, this.#context.dialling.clock);
    this.#stalls.push(stall);
    return new OneWay(from, earlyDataBytes, {
      read: (bytes) => {
        count(bytes);
        this.#moved();
      },
      wrote: () => this.#moved(),
      stalled: () => stall.stalled(),
      ended: () => this.#ended(),
    });
  }

  #moved(): void {
    if (this.#halfClosed !== undefined)
      this.#halfClosed.lastMoveMs = this.#context.dialling.clock.monotonic();
  }

  #ended(): void {
    if (this.#halfClosed !== undefined) return;
    const nowMs = this.#context.dialling.clock.monotonic();
    this.#halfClosed = { lastMoveMs: nowMs, cancelTimer: () => {} };
    this.#watchSilence(this.#context.halfClosedTimeoutMs);
  }

  /** One timer per half-closed connection, set anew only when it fires: moving bytes costs no timer. */
  #watchSilence(delayMs: number): void {
    const halfClosed = this.#halfClosed;
    if (halfClosed === undefined) return;
    const { clock } = this.#context.dialling;
    halfClosed.cancelTimer = clock.after(delayMs, () => {
      const remainingMs = halfClosed.lastMoveMs + this.#context.halfClosedTimeoutMs - clock.monotonic();
      if (remainingMs <= 0) this.fail('half-closed-timeout');
      else this.#watchSilence(remainingMs);
    });
  }

  #closed(): void {
    this.#openSockets--;
    if (this.#openSockets > 0) return;
    this.#halfClosed?.cancelTimer();
    for (const stall of this.#stalls) stall.close();
    this.#context.over(this);
  }
}

// dataplane/sctp/relay/relay.ts: relays SCTP associations, packet by packet: the association stays between client and
// endpoint, and only addresses, ports and the checksum change on the way. One for each network namespace, in a thread
// of its own. It opens nothing: packets, time, chance and the means to send are handed to it.
import type { EndpointAddress } from '../../../model/endpoint.js';
import { hostPort, type IpFamily } from '../../../model/ip.js';
import type { ConnectionFailure } from '../../../proxier/data-plane.js';
import { countFailure } from '../../native/counter-block.js';
import type { EndpointsMessage } from '../../native/endpoints-message.js';
import { TimerWheel } from '../../native/timer-wheel.js';
import type { IcmpError } from '../wire/icmp.js';
import { isIpv4 } from '../wire/ip-words.js';
import { Attempts } from './attempts.js';
import { ClientSide } from './client-side.js';
import type { Totals } from './counters.js';
import { EndpointSide } from './endpoint-side.js';
import type { Flow } from './flow.js';
import { FlowTable } from './flow-table.js';
import type { RelayOptions } from './options.js';
import type { Packet } from './packet.js';
import { PathErrors } from './path-errors.js';
import { ProxyPorts } from './ports.js';
import type { RelayListener } from './relay-listener.js';
import { Sender } from './sender.js';
import type { PacketMemory, Transport } from './transport.js';

export interface RelayParts {
  readonly options: RelayOptions;
  readonly transport: Transport;
  /** Where the relay writes what it says itself; at least 2048 bytes. */
  readonly scratch: PacketMemory;
  readonly totals: Totals;
  /** Monotonic milliseconds. */
  readonly now: () => number;
  /** A random integer in [0, limit). */
  readonly random: (limit: number) => number;
  readonly warn: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export class Relay {
  readonly #parts: RelayParts;
  readonly #ports = new ProxyPorts();
  readonly #timers: TimerWheel;
  readonly #table: FlowTable;
  readonly #sender: Sender;
  readonly #attempts: Attempts;
  readonly #clients: ClientSide;
  readonly #endpoints: EndpointSide;
  readonly #pathErrors: PathErrors;

  constructor(parts: RelayParts) {
    const { options, totals, now, random, warn } = parts;
    this.#parts = parts;
    const timers = new TimerWheel(now());
    const table = new FlowTable({ options, ports: this.#ports, totals, timers, now, random });
    const sender = new Sender(parts);
    const attempts = new Attempts({ options, table, sender, timers, totals, now });
    const expired = (flow: Flow): void => this.#expired(flow);
    this.#timers = timers;
    this.#table = table;
    this.#sender = sender;
    this.#attempts = attempts;
    this.#clients = new ClientSide({ options, table, attempts, sender, totals, now, expired, warn });
    this.#endpoints = new EndpointSide({ options, table, attempts, sender, totals, now });
    this.#pathErrors = new PathErrors({ table, attempts, sender, now });
  }

  /** Associations that are up. */
  get openFlows(): number {
    return this.#table.count('open');
  }

  get flows(): number {
    return this.#table.size;
  }

  /** Milliseconds until advance() may have something to do; -1: nothing is waited for. */
  waitMs(): number {
    return this.#timers.waitMs(this.#parts.now());
  }

  /** Does what is due. */
  advance(): void {
    this.#timers.advance(this.#parts.now());
  }

  /** Everything that the namespace gets of SCTP comes here; most of it may be none of ours. */
  receive(packet: Packet): void {
    const { totals } = this.#parts;
    if (!packet.readHeader()) {
      totals.count('malformed');
      return;
    }
    const { source, sourcePort, destination, destinationPort } = packet;
    const proxyPort = this.#ports.at(destinationPort, isIpv4(destination));
    if (proxyPort === undefined && !this.#table.isRelayPort(destinationPort)) return;
    const leg = this.#table.find(source, sourcePort, destination, destinationPort);
    // On the relay's own ports strangers get no answer: they may mean somebody else.
    if (proxyPort === undefined && leg === undefined) return;
    if (!packet.isUnicast()) return;
    if (!packet.isIntact()) {
      totals.count('badChecksum');
      return;
    }
    if (!packet.isWellFormed()) {
      totals.count('malformed');
      return;
    }
    if (proxyPort !== undefined) this.#clients.receive(packet, leg, proxyPort.listener);
    else if (leg !== undefined) this.#endpoints.receive(packet, leg.flow);
  }

  /** Proxy ports that packets may come for: of listeners, and of associations that have outlived theirs. */
  portsInUse(ipFamily: IpFamily): readonly number[] {
    return this.#ports.inUse(ipFamily);
  }

  receiveIcmp(error: IcmpError): void {
    this.#pathErrors.receive(error);
  }

  /** Its port must be free, and not one of the relay's own. */
  listen(listener: RelayListener): void {
    if (this.#table.isRelayPort(listener.port))
      throw new Error(`SCTP port ${listener.port} is one of the relay's own`);
    this.#ports.listen(listener);
  }

  /** Clients that wait for an endpoint which has left go on to the next one; what is established goes on. */
  update(listener: RelayListener, message: EndpointsMessage): void {
    listener.update(message);
    for (const flow of this.#table.halfOpenFlows()) {
      if (flow.listener === listener) this.#attempts.endpointsChanged(flow);
    }
  }

  /** Both sides are told. Of a listener, which may be closed by now. */
  cutEndpoints(listenerId: number, endpoints: readonly EndpointAddress[]): void {
    const left = new Set(endpoints.map(({ ip, port }) => hostPort(ip, port)));
    for (const flow of this.#table.flows()) {
      if (flow.listener.id !== listenerId || flow.target === undefined || flow.state === 'closed') continue;
      const { ip, port } = flow.target.address;
      if (left.has(hostPort(ip, port))) this.#cut(flow, 'drained');
    }
  }

  /** Nobody new comes in. What is half open is given up; the rest goes on, or not, as the options say. */
  close(listener: RelayListener): void {
    const { whenClosed } = this.#parts.options;
    this.#ports.close(listener);
    for (const flow of this.#table.flows()) {
      if (flow.listener !== listener) continue;
      if (flow.state === 'half-open' || whenClosed === 'abort') this.#cut(flow, 'shutdown');
    }
  }

  /** Tells both sides of every association that it is over, and forgets all. */
  cut(): void {
    for (const flow of this.#table.flows()) this.#cut(flow, 'shutdown');
  }

  #cut(flow: Flow, reason: ConnectionFailure): void {
    const { client, endpoint, handshake } = flow;
    if (flow.state !== 'closed') {
      const clientTag = flow.clientTag || (handshake?.clientTag ?? 0);
      const endpointTag = flow.endpointTag || (handshake?.endpointTag ?? 0);
      this.#sender.answer('abort', clientTag, client);
      if (endpoint !== undefined && endpointTag !== 0) this.#sender.answer('abort', endpointTag, endpoint);
      countFailure(flow.listener.counters, reason);
    }
    this.#table.drop(flow);
  }

  /** The flow's timer has fired, or what it waits for has changed. */
  #expired(flow: Flow): void {
    if (flow.state === 'half-open') this.#attempts.expired(flow);
    else if (flow.state === 'closed') this.#table.drop(flow);
    else if (flow.state === 'open') this.#expiredOpen(flow);
  }

  #expiredOpen(flow: Flow): void {
    const { options, now } = this.#parts;
    const nowMs = now();
    const { handshake } = flow;
    let dueMs = flow.lastMs + options.idleTimeoutMs;
    if (handshake !== undefined) {
      const restartDueMs = handshake.startedMs + options.halfOpenTimeoutMs;
      if (nowMs < restartDueMs) dueMs = Math.min(dueMs, restartDueMs);
      else if (handshake.inits > 1 && flow.endpointLastMs < handshake.startedMs) {
        // Both have lost the association, and the endpoint is gone: the client's next INIT finds another one.
        countFailure(flow.listener.counters, 'endpoint-reset');
        this.#table.drop(flow);
        return;
      } else flow.handshake = undefined;
    }
    if (nowMs >= dueMs) this.#table.drop(flow);
    else this.#timers.set(flow.timer, dueMs - nowMs, nowMs);
  }
}

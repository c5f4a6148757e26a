// dataplane/sctp/relay/flow-table.ts: all flows, by their legs and by their state, and never more of them than allowed.
// A flood of INITs can't keep others out: when there are too many half-open flows the oldest one goes. A handshake takes
// milliseconds, and a flood needs longer than that to push 4,096 others through.
import { count, countFailure, open, opened } from '../../native/counter-block.js';
import type { TimerWheel } from '../../native/timer-wheel.js';
import { type IpWords, isIpv4, unspecified } from '../wire/ip-words.js';
import type { Totals } from './counters.js';
import type { Flow } from './flow.js';
import { Leg } from './leg.js';
import { LegTable } from './leg-table.js';
import type { RelayOptions } from './options.js';
import type { ProxyPorts } from './ports.js';
import { Queue } from './queue.js';
import type { Target } from './targets.js';

/** At nine ports of ten in use, all of so many are taken once in 700,000 times. */
const portTries = 128;

const anyLocal = { IPv4: unspecified('IPv4'), IPv6: unspecified('IPv6') };

export interface FlowTableParts {
  readonly options: RelayOptions;
  readonly ports: ProxyPorts;
  readonly totals: Totals;
  readonly timers: TimerWheel;
  readonly now: () => number;
  /** A random integer in [0, limit). */
  readonly random: (limit: number) => number;
}

export class FlowTable {
  readonly #parts: FlowTableParts;
  readonly #legs: LegTable<Flow>;
  readonly #queues = { 'half-open': new Queue<Flow>(), open: new Queue<Flow>(), closed: new Queue<Flow>() };

  constructor(parts: FlowTableParts) {
    this.#parts = parts;
    this.#legs = new LegTable(2 * parts.options.maxFlows, parts.random(2 ** 31));
  }

  get size(): number {
    const { 'half-open': halfOpen, open, closed } = this.#queues;
    return halfOpen.size + open.size + closed.size;
  }

  count(state: 'half-open' | 'open' | 'closed'): number {
    return this.#queues[state].size;
  }

  flows(): readonly Flow[] {
    const { 'half-open': halfOpen, open, closed } = this.#queues;
    return [...halfOpen.items(), ...open.items(), ...closed.items()];
  }

  halfOpenFlows(): readonly Flow[] {
    return [...this.#queues['half-open'].items()];
  }

  isRelayPort(port: number): boolean {
    const { first, last } = this.#parts.options.relayPorts;
    return port >= first && port <= last;
  }

  /** Of a packet from `peer` to an address of ours, or of one the other way that is quoted. */
  find(peer: IpWords, peerPort: number, local: IpWords, localPort: number): Leg<Flow> | undefined {
    const own = this.isRelayPort(localPort) ? anyLocal[isIpv4(local) ? 'IPv4' : 'IPv6'] : local;
    return this.#legs.find(peer, peerPort, own, localPort);
  }

  /** One more costs somebody an association that is coming up, or finds no room. */
  get isFull(): boolean {
    const { maxFlows, maxHalfOpen } = this.#parts.options;
    const { 'half-open': halfOpen, closed } = this.#queues;
    return halfOpen.size >= maxHalfOpen || this.size - closed.size >= maxFlows;
  }

  /** Makes room for one more; false: there is none. */
  makeRoom(): boolean {
    const { maxFlows, maxHalfOpen } = this.#parts.options;
    const { 'half-open': halfOpen, closed } = this.#queues;
    if (this.size >= maxFlows && closed.first !== undefined) this.drop(closed.first);
    if (this.size < maxFlows && halfOpen.size < maxHalfOpen) return true;
    const oldest = halfOpen.first;
    if (oldest === undefined) return false;
    this.#parts.totals.count('refusedOverload');
    countFailure(oldest.listener.counters, 'connection-limit');
    this.drop(oldest);
    return true;
  }

  /** Only after makeRoom(). */
  add(flow: Flow): void {
    this.#legs.add(flow.client);
    this.#queues['half-open'].add(flow);
    this.#parts.ports.addFlow(flow.listener);
    this.#showTotals();
  }

  /** From a fresh relay port to `target`, in place of the endpoint before; false: all ports towards it are taken. */
  connect(flow: Flow, target: Target): boolean {
    const { random, options } = this.#parts;
    const { first, last } = options.relayPorts;
    const before = flow.endpoint;
    this.disconnect(flow);
    const local = anyLocal[isIpv4(target.ip) ? 'IPv4' : 'IPv6'];
    const peerPort = target.address.port;
    for (let tries = 0; tries < portTries; tries++) {
      const localPort = first + random(last - first + 1);
      if (localPort === before?.localPort) continue;
      if (this.#legs.find(target.ip, peerPort, local, localPort) !== undefined) continue;
      flow.endpoint = new Leg(flow, { peer: target.ip, peerPort, local, localPort, scope: 0 });
      flow.target = target;
      this.#legs.add(flow.endpoint);
      return true;
    }
    return false;
  }

  disconnect(flow: Flow): void {
    if (flow.endpoint === undefined) return;
    this.#legs.remove(flow.endpoint);
    flow.endpoint = undefined;
  }

  /** The client of a half-open flow is really there: strangers' ones have to make room first. */
  refresh(flow: Flow): void {
    if (flow.state === 'half-open') this.#queues['half-open'].add(flow);
  }

  /** The handshake is done. */
  open(flow: Flow): void {
    flow.state = 'open';
    this.#queues.open.add(flow);
    count(flow.listener.counters, opened);
    count(flow.listener.counters, open);
    this.#showTotals();
  }

  /** The association has ended; what is under way still gets through for a while. */
  close(flow: Flow): void {
    const { timers, options, now } = this.#parts;
    this.#leaveOpen(flow);
    flow.state = 'closed';
    flow.init = undefined;
    this.#queues.closed.add(flow);
    timers.set(flow.timer, options.closedTimeoutMs, now());
    this.#showTotals();
  }

  /** Forgets it. */
  drop(flow: Flow): void {
    if (flow.state === 'gone') return;
    this.#leaveOpen(flow);
    flow.state = 'gone';
    flow.queue?.remove(flow);
    this.#parts.timers.cancel(flow.timer);
    this.#legs.remove(flow.client);
    this.disconnect(flow);
    this.#parts.ports.removeFlow(flow.listener);
    this.#showTotals();
  }

  #leaveOpen(flow: Flow): void {
    if (flow.state === 'open') count(flow.listener.counters, open, -1);
  }

  #showTotals(): void {
    const { totals } = this.#parts;
    totals.set('flows', this.size);
    totals.set('halfOpen', this.count('half-open'));
    totals.set('open', this.count('open'));
  }
}

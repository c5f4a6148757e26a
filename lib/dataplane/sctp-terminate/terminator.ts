// dataplane/sctp-terminate/terminator.ts: the child's work: takes associations in, finds an endpoint for each and keeps a
// second association to it; terminated-association.ts moves the messages between the two.
import type { BalancerConfig } from '../../balance/balancer.js';
import { listenerBalancer } from '../../balance/listener-balancer.js';
import type { EndpointAddress } from '../../model/endpoint.js';
import { hostPort } from '../../model/ip.js';
import { type Clock, systemClock } from '../../proxier/clock.js';
import { type Log, silentLog } from '../../proxier/log.js';
import type { SctpAssociation } from '../sctp-peer/association.js';
import { packetText } from '../sctp-peer/packet-text.js';
import { SctpStack } from '../sctp-peer/stack.js';
import type { FromTerminator, TerminatorSettings, TerminatorTotals, ToTerminator } from './messages.js';
import { TerminatedAssociation } from './terminated-association.js';
import { TerminatingListener } from './terminating-listener.js';

const pollMs = 20;

export class Terminator {
  readonly #settings: TerminatorSettings;
  readonly #post: (message: FromTerminator) => void;
  readonly #clock: Clock;
  readonly #stack: SctpStack;
  readonly #listeners = new Map<number, TerminatingListener>();
  readonly #associations = new Set<TerminatedAssociation>();
  #refusedOverload = 0;

  /** Throws SystemError: EPERM without CAP_NET_RAW. */
  constructor(
    settings: TerminatorSettings,
    post: (message: FromTerminator) => void,
    clock: Clock = systemClock,
  ) {
    this.#settings = settings;
    this.#post = post;
    this.#clock = clock;
    const log: Log = {
      ...silentLog,
      warn: (fields: object, message = '') =>
        post({ kind: 'warn', message: String(message), fields: plain(fields) }),
    };
    this.#stack = new SctpStack({
      localPorts: settings.relayPorts,
      clock,
      log,
      ...(settings.trace && {
        trace: (direction, peer, packet) =>
          post({
            kind: 'trace',
            direction,
            peer: hostPort(peer.ip, peer.port),
            text: packetText(packet),
          }),
      }),
    });
  }

  handle(message: Exclude<ToTerminator, { readonly kind: 'end' }>): void {
    const { id } = message;
    switch (message.kind) {
      case 'listen':
        this.#listen(id, message.port, message);
        return;
      case 'endpoints':
        this.#listeners.get(id)?.balancer.update(message);
        return;
      case 'cut-endpoints':
        this.#cutEndpoints(id, message.endpoints);
        return;
      case 'unlisten':
        this.#unlisten(id);
        return;
    }
  }

  #listen(id: number, port: number, config: BalancerConfig): void {
    const known = this.#listeners.get(id);
    if (known !== undefined) {
      // Told twice: while the child started, and when it had.
      known.balancer.update(config);
      this.#post({ kind: 'listening', id });
      return;
    }
    const { endpointSetAsideMs: setAsideMs, firstTurn } = this.#settings;
    const balancer = listenerBalancer({ setAsideMs, firstTurn });
    const listener = new TerminatingListener({ id, port, balancer });
    balancer.update(config);
    this.#listeners.set(id, listener);
    const accept = (client: SctpAssociation): void => void this.#accept(listener, client);
    this.#stack.listen(port, accept, () => listener.isServed());
    this.#post({ kind: 'listening', id });
  }

  #cutEndpoints(id: number, endpoints: readonly EndpointAddress[]): void {
    const left = new Set(endpoints.map(({ ip, port }) => hostPort(ip, port)));
    for (const association of this.#associations) {
      const { listener, endpoint } = association;
      if (listener.id !== id || endpoint === undefined) continue;
      if (left.has(hostPort(endpoint.ip, endpoint.port))) association.cut('drained');
    }
  }

  #unlisten(id: number): void {
    const listener = this.#listeners.get(id);
    if (listener !== undefined) {
      this.#stack.unlisten(listener.port);
      this.#listeners.delete(id);
      for (const association of this.#associations) {
        if (association.listener !== listener) continue;
        if (association.isHalfOpen || this.#settings.whenClosed === 'abort') association.cut('shutdown');
      }
    }
    this.#post({ kind: 'unlistened', id });
  }

  async #accept(listener: TerminatingListener, client: SctpAssociation): Promise<void> {
    if (this.#associations.size >= this.#settings.maxFlows) {
      this.#refusedOverload++;
      client.abort('too many associations');
      return;
    }
    const association = new TerminatedAssociation(listener, client, {
      settings: this.#settings,
      connect: (endpoint, timeoutMs) => this.#stack.connect(endpoint, timeoutMs),
      clock: this.#clock,
    });
    this.#associations.add(association);
    await association.run();
    this.#associations.delete(association);
  }

  beat(): void {
    const listeners = [...this.#listeners.values()].map((listener) => listener.tally());
    this.#post({ kind: 'beat', totals: this.#totals(), listeners });
  }

  #totals(): TerminatorTotals {
    const flows = this.#associations.size;
    const halfOpen = [...this.#associations].filter(({ isHalfOpen }) => isHalfOpen).length;
    return { flows, halfOpen, open: flows - halfOpen, refusedOverload: this.#refusedOverload };
  }

  /** Takes nobody in any more, lets associations end for up to `graceMs`, aborts what is left. */
  async close(graceMs: number): Promise<void> {
    for (const id of [...this.#listeners.keys()]) this.#unlisten(id);
    const deadlineMs = this.#clock.monotonic() + graceMs;
    while (this.#associations.size > 0 && this.#clock.monotonic() < deadlineMs)
      await new Promise<void>((resolve) => this.#clock.after(pollMs, resolve));
    for (const association of this.#associations) association.cut('shutdown');
    await this.#stack.close();
  }
}

/** Errors do not survive the way to the other process as they are. */
function plain(fields: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      key,
      value instanceof Error ? (value.stack ?? value.message) : value,
    ]),
  );
}

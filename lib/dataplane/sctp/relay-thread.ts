// dataplane/sctp/relay-thread.ts: the relay's thread: waits for packets and messages, and hands them to the relay. A thread
// of its own, so that a flood of SCTP can't starve TCP and UDP.
import { performance } from 'node:perf_hooks';
import { listenerBalancer } from '../../balance/listener-balancer.js';
import type { IpFamily } from '../../model/ip.js';
import { silentLog } from '../../proxier/log.js';
import { EPOLLET, EPOLLIN } from '../native/abi/constants.js';
import { Control } from '../native/control.js';
import { Descriptors } from '../native/descriptors.js';
import { EpollLoop, type ReadyHandler } from '../native/epoll-loop.js';
import { NativeMemory } from '../native/native-memory.js';
import { PickMemory } from '../native/pick-places.js';
import { Sockets } from '../native/sockets.js';
import { check } from '../native/system-error.js';
import { type SparseWarn, sparseWarn } from '../sparse-log.js';
import type { FromRelay, RelayThreadSettings, ToRelay } from './messages.js';
import { PacketBatch } from './raw/packet-batch.js';
import { PathMtu } from './raw/path-mtu.js';
import { filterProgram, setFilter } from './raw/port-filter.js';
import { randomNumbers } from './raw/random-numbers.js';
import type { RawSockets } from './raw/raw-sockets.js';
import { RawTransport } from './raw/raw-transport.js';
import { Totals } from './relay/counters.js';
import { Packet } from './relay/packet.js';
import { Relay } from './relay/relay.js';
import { RelayListener } from './relay/relay-listener.js';
import { IcmpError } from './wire/icmp.js';
import { ipv4HeaderLength } from './wire/ip-header.js';

export interface RelayMailbox {
  /** The next message of the main thread; undefined: there is none. */
  receive(): ToRelay | undefined;
  post(message: FromRelay): void;
}

export const relayOwner = 2;
/** It is the only one with its Control. */
const thread = 0;
/** For an INIT, or an ICMP message. */
const scratchBytes = 2048;

interface Family {
  readonly sockets: RawSockets;
  readonly batch: PacketBatch;
}

export class RelayThread {
  readonly #settings: RelayThreadSettings;
  readonly #mailbox: RelayMailbox;
  readonly #control: Control;
  readonly #descriptors: Descriptors;
  readonly #loop: EpollLoop;
  readonly #transport: RawTransport;
  readonly #relay: Relay;
  readonly #families: Family[] = [];
  readonly #picks = new PickMemory();
  readonly #listeners = new Map<number, RelayListener>();
  readonly #icmpError = new IcmpError();
  readonly #packet: Packet;
  /** Sparse: what is wrong with one packet may be wrong with a million. */
  readonly #fault: SparseWarn = this.#makeSparse('fault');
  #isDraining = false;

  constructor(settings: RelayThreadSettings, mailbox: RelayMailbox) {
    this.#settings = settings;
    this.#mailbox = mailbox;
    this.#control = new Control(settings.control);
    this.#descriptors = new Descriptors(relayOwner, settings.ownerTable);
    this.#loop = new EpollLoop(this.#descriptors, (err) => this.#fault('fault in the SCTP relay', { err }));
    this.#transport = new RawTransport(new PathMtu(new Sockets(this.#descriptors)));
    const scratch = new NativeMemory(scratchBytes);
    this.#packet = new Packet(scratch);
    this.#relay = new Relay({
      options: settings.options,
      transport: this.#transport,
      scratch,
      totals: new Totals(settings.totals),
      now: () => this.#loop.nowMs,
      random: randomNumbers(),
      warn: this.#makeSparse('warn'),
    });
  }

  /** Returns when Control.stop() was called and it was woken; both sides of what was left have been told before. */
  run(): void {
    const control = this.#control;
    // Edge-triggered: the eventfd need not be read.
    const slot = this.#loop.claim({ ready: () => {} });
    check(
      this.#loop.add(this.#settings.wakeFd, EPOLLIN | EPOLLET, slot, 0),
      'epoll_ctl',
      'the eventfd of the relay',
    );
    this.#mailbox.post({ kind: 'ready' });
    const woken = (): void => this.#receiveAll();
    while (!control.isStopping(thread)) {
      this.#loop.turn(control.hasMessages(thread) ? 0 : this.#relay.waitMs(), woken);
      this.#advance();
      this.#reportDrained();
    }
    this.#close();
  }

  /** What is due after the timer that has failed is done in the next turn, which comes at once. */
  #advance(): void {
    try {
      this.#relay.advance();
    } catch (err) {
      this.#fault('fault in the SCTP relay', { err });
    }
  }

  #receiveAll(): void {
    for (let message = this.#mailbox.receive(); message !== undefined; message = this.#mailbox.receive()) {
      try {
        this.#handle(message);
      } catch (err) {
        this.#fault('fault in the SCTP relay', { err });
      }
      this.#control.handled(thread);
    }
  }

  #handle(message: ToRelay): void {
    switch (message.kind) {
      case 'sockets':
        this.#use(message.sockets);
        return;
      case 'picks':
        this.#picks.add(message.segment, message.memory);
        return;
      case 'listen':
        this.#listen(message);
        return;
      case 'endpoints': {
        const listener = this.#listeners.get(message.id);
        if (listener !== undefined) this.#relay.update(listener, message);
        return;
      }
      case 'close':
        this.#closeListener(message.id);
        return;
      case 'cut-endpoints':
        this.#relay.cutEndpoints(message.id, message.endpoints);
        return;
      case 'drain':
        this.#isDraining = true;
        return;
      case 'cut':
        this.#relay.cut();
        return;
    }
  }

  #use(sockets: RawSockets): void {
    const { ipFamily, sctp, icmp } = sockets;
    this.#descriptors.adopt(sctp);
    this.#descriptors.adopt(icmp);
    this.#transport.use(sockets);
    const batch = new PacketBatch(ipFamily);
    this.#families.push({ sockets, batch });
    this.#watch(sctp, { ready: () => this.#receivePackets(sctp, batch) });
    this.#watch(icmp, { ready: () => this.#receiveErrors(icmp, batch, ipFamily) });
  }

  /** Level-triggered: each wake-up handles one batch, and messages and timers have their turn in between. */
  #watch(fd: number, handler: ReadyHandler): void {
    check(this.#loop.add(fd, EPOLLIN, this.#loop.claim(handler), 0), 'epoll_ctl', 'a raw socket');
  }

  #receivePackets(fd: number, batch: PacketBatch): void {
    const count = batch.receive(fd);
    const packet = this.#packet;
    for (let index = 0; index < count; index++) {
      try {
        if (batch.read(index, packet)) this.#relay.receive(packet);
      } catch (err) {
        this.#fault('fault in the SCTP relay', { err });
      }
    }
  }

  /** What is still in the batch is done with. */
  #receiveErrors(fd: number, batch: PacketBatch, ipFamily: IpFamily): void {
    const count = batch.receive(fd);
    const { bytes } = batch.memory;
    for (let index = 0; index < count; index++) {
      const end = batch.endOf(index);
      const start = batch.startOf(index);
      const headerLength = ipFamily === 'IPv4' ? ipv4HeaderLength(bytes, start, end) : 0;
      if (headerLength === -1) continue;
      if (this.#icmpError.read(ipFamily, bytes, start + headerLength, end))
        this.#relay.receiveIcmp(this.#icmpError);
    }
  }

  #listen(message: Extract<ToRelay, { readonly kind: 'listen' }>): void {
    const { id, port, ipFamily } = message;
    const { endpointSetAsideMs: setAsideMs, firstTurn } = this.#settings.options;
    const balancer = listenerBalancer({ setAsideMs, firstTurn });
    const counters = new Float64Array(message.counters);
    const listener = new RelayListener({ id, port, ipFamily, balancer, counters }, this.#picks);
    listener.update(message);
    this.#relay.listen(listener);
    this.#listeners.set(id, listener);
    this.#setFilters();
  }

  #closeListener(id: number): void {
    const listener = this.#listeners.get(id);
    if (listener !== undefined) this.#relay.close(listener);
    this.#listeners.delete(id);
    this.#setFilters();
    this.#mailbox.post({ kind: 'closed', id });
  }

  #setFilters(): void {
    const { relayPorts } = this.#settings.options;
    for (const { sockets } of this.#families) {
      const ports = this.#relay.portsInUse(sockets.ipFamily);
      setFilter(sockets.sctp, filterProgram(sockets.ipFamily, relayPorts, ports));
    }
  }

  #reportDrained(): void {
    if (!this.#isDraining || this.#relay.openFlows > 0) return;
    this.#isDraining = false;
    this.#mailbox.post({ kind: 'drained' });
  }

  #makeSparse(kind: 'warn' | 'fault'): SparseWarn {
    const post = (fields: object, message = ''): void => {
      this.#mailbox.post({ kind, message, fields: { ...fields } });
    };
    const clock = { now: () => Date.now(), monotonic: () => performance.now(), after: () => () => {} };
    return sparseWarn({ ...silentLog, warn: post }, clock);
  }

  #close(): void {
    this.#relay.cut();
    for (const { sockets } of this.#families) {
      this.#descriptors.close(sockets.sctp);
      this.#descriptors.close(sockets.icmp);
    }
    this.#loop.close();
  }
}

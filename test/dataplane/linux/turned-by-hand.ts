// dataplane/linux/turned-by-hand.ts: a listener as a thread of the data plane has it, but turned by the test's own
// event loop, and with parts that the test may replace: so that a fault can be put wherever an interface is.
import type { Test } from 'tap';
import type { Balancer } from '../../../lib/balance/balancer.js';
import { listenerBalancer } from '../../../lib/balance/listener-balancer.js';
import { DatagramBatch } from '../../../lib/dataplane/linux/datagram-batch.js';
import { createRingMemory, HandOverRing } from '../../../lib/dataplane/linux/hand-over.js';
import { openListeningSocket } from '../../../lib/dataplane/linux/listening-socket.js';
import { PipePool } from '../../../lib/dataplane/linux/pipe-pool.js';
import { ReplyBatch } from '../../../lib/dataplane/linux/reply-batch.js';
import { RouteSlab } from '../../../lib/dataplane/linux/route-slab.js';
import { SpareDescriptor } from '../../../lib/dataplane/linux/spare-descriptor.js';
import { TcpPort, type TcpPortContext } from '../../../lib/dataplane/linux/tcp-port.js';
import { ThreadConnections } from '../../../lib/dataplane/linux/thread-connections.js';
import { UdpPort, type UdpPortContext } from '../../../lib/dataplane/linux/udp-port.js';
import { Control, createControlMemory } from '../../../lib/dataplane/native/control.js';
import { addUp, type BlockTotals, blockLength } from '../../../lib/dataplane/native/counter-block.js';
import { createOwnerTable, Descriptors } from '../../../lib/dataplane/native/descriptors.js';
import type { EndpointsMessage } from '../../../lib/dataplane/native/endpoints-message.js';
import { everyPort } from '../../../lib/dataplane/native/ephemeral-ports.js';
import { EpollLoop } from '../../../lib/dataplane/native/epoll-loop.js';
import { Sockets } from '../../../lib/dataplane/native/sockets.js';
import { TimerWheel } from '../../../lib/dataplane/native/timer-wheel.js';
import type { EndpointAddress } from '../../../lib/model/endpoint.js';
import { pickMemory } from '../native/pick-memory.js';

export interface TurnedByHand {
  readonly port: number;
  readonly control: Control;
  /** What was reported, in order. */
  readonly faults: readonly unknown[];
  counters(): BlockTotals;
}

export interface Parts {
  readonly balancer?: Partial<Balancer>;
  readonly context?: Partial<TcpPortContext>;
}

/** What every listener of a thread needs, turned until `t` ends; `close` is called then, before the loop is closed. */
function turning(t: Test, close: () => void) {
  const descriptors = new Descriptors(1, createOwnerTable());
  const faults: unknown[] = [];
  const fault = (error: unknown): void => {
    faults.push(error);
  };
  const loop = new EpollLoop(descriptors, fault);
  const timers = new TimerWheel(performance.now(), fault);
  const sockets = new Sockets(descriptors);
  const control = new Control(createControlMemory(1));
  control.setMax(1000);
  const block = new Float64Array(blockLength);
  const turns = setInterval(() => {
    loop.turn(0, () => {});
    timers.advance(loop.nowMs);
  }, 1);
  t.teardown(() => {
    clearInterval(turns);
    close();
    loop.close();
  });
  return { descriptors, faults, fault, loop, timers, sockets, control, block };
}

/** That of every listener, with some of its methods replaced. */
function balancerOf(parts: Partial<Balancer> = {}): Balancer {
  const inner = listenerBalancer({ setAsideMs: 5000 });
  return {
    get size() {
      return inner.size;
    },
    update: (config) => inner.update(config),
    has: (endpoint) => inner.has(endpoint),
    candidates: (client, nowMs) => inner.candidates(client, nowMs),
    chosen: (client, endpoint, nowMs) => inner.chosen(client, endpoint, nowMs),
    setAside: (endpoint, nowMs) => inner.setAside(endpoint, nowMs),
    answered: (endpoint) => inner.answered(endpoint),
    ...parts,
  };
}

function shared(endpoints: readonly EndpointAddress[]): EndpointsMessage {
  return { endpoints: endpoints.map(({ ip, port }, place) => ({ ip, port, id: place, place })), resting: [] };
}

const spec = { servicePortName: 'default/web:p', ipFamily: 'IPv4', place: 0 } as const;
const request = {
  ipFamily: 'IPv4',
  port: 0,
  keepAliveDelayMs: 15_000,
  udpSocketBufferBytes: 65_536,
} as const;

/** A TCP listener; ends with `t`. */
export function turnedByHand(
  t: Test,
  endpoints: readonly EndpointAddress[],
  parts: Parts = {},
): TurnedByHand {
  const { descriptors, faults, fault, loop, timers, sockets, control, block } = turning(t, () => {
    connections.cut('shutdown');
    listener.close();
    pipes.close();
    spare.giveUp();
  });
  const pipes = new PipePool(descriptors, 4);
  const spare = new SpareDescriptor(descriptors);
  const connections = new ThreadConnections({
    loop,
    timers,
    sockets,
    thread: 0,
    rings: [new HandOverRing(createRingMemory())],
    control,
    pipes,
    halfClosedTimeoutMs: 60_000,
    keepAliveDelayMs: 15_000,
    busyPerMille: 600,
    counters: () => block,
    adopt: (fd) => descriptors.adopt(fd),
    release: (fd) => descriptors.release(fd),
    wake: () => {},
    drained: () => {},
    fault,
  });
  const context: TcpPortContext = {
    ...connections.relayContext,
    dialTimeoutMs: 1000,
    dialBudgetMs: 5000,
    picks: pickMemory(),
    ephemeralPorts: everyPort,
    spare,
    warn: () => {},
    hasMessages: () => false,
    take: () => control.take('tcp'),
    accepted: (dial) => connections.accepted(dial),
    endpointsChanged: (balancer) => connections.endpointsChanged(balancer),
    dialOver: (dial) => connections.dialOver(dial),
    established: (dial, relay) => connections.established(dial, relay),
    ...parts.context,
  };
  const { fd, port } = openListeningSocket({ ...request, protocol: 'TCP' }, sockets);
  const listener = new TcpPort({ ...spec, fd }, balancerOf(parts.balancer), block, context);
  listener.update(shared(endpoints));
  listener.listen();
  return { port, control, faults, counters: () => addUp([block]) };
}

/** A UDP listener; ends with `t`. */
export function udpTurnedByHand(
  t: Test,
  endpoints: readonly EndpointAddress[],
  balancer: Partial<Balancer>,
): TurnedByHand {
  const { faults, loop, timers, sockets, control, block } = turning(t, () => listener.close());
  const context: UdpPortContext = {
    loop,
    timers,
    sockets,
    batch: new DatagramBatch(),
    replies: new ReplyBatch(loop),
    routes: { IPv4: new RouteSlab('IPv4'), IPv6: new RouteSlab('IPv6') },
    idleTimeoutMs: 30_000,
    picks: pickMemory(),
    socketBufferBytes: 65_536,
    warn: () => {},
    hasMessages: () => false,
    take: () => control.take('udp'),
    release: () => control.release('udp'),
  };
  const { fd, port } = openListeningSocket({ ...request, protocol: 'UDP' }, sockets);
  const listener = new UdpPort({ ...spec, fd }, balancerOf(balancer), block, context);
  listener.update(shared(endpoints));
  listener.listen();
  return { port, control, faults, counters: () => addUp([block]) };
}

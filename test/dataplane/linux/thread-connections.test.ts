// Three threads that hand their connections to one another relay as one does; connections leave a thread that is busy,
// some of them, with every byte in its place; and which of them leave, and what becomes of those that can't.
import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import t, { type Test } from 'tap';
import { createLinuxDataPlane } from '../../../lib/dataplane/linux/data-plane.js';
import { createRingMemory, HandOverRing } from '../../../lib/dataplane/linux/hand-over.js';
import { PipePool } from '../../../lib/dataplane/linux/pipe-pool.js';
import { TcpRelay } from '../../../lib/dataplane/linux/tcp-relay.js';
import { ThreadConnections } from '../../../lib/dataplane/linux/thread-connections.js';
import { AF_UNIX, SOCK_STREAM } from '../../../lib/dataplane/native/abi/constants.js';
import { Control, createControlMemory } from '../../../lib/dataplane/native/control.js';
import { blockLength, type CounterBlock } from '../../../lib/dataplane/native/counter-block.js';
import { createOwnerTable, Descriptors } from '../../../lib/dataplane/native/descriptors.js';
import { EpollLoop } from '../../../lib/dataplane/native/epoll-loop.js';
import { NativeMemory } from '../../../lib/dataplane/native/native-memory.js';
import { Sockets } from '../../../lib/dataplane/native/sockets.js';
import * as sys from '../../../lib/dataplane/native/syscalls.js';
import { TimerWheel } from '../../../lib/dataplane/native/timer-wheel.js';
import { configOf, specOf } from '../conformance/plane.js';
import { tcpRelayTests } from '../conformance/tcp-relay.js';
import { eventually, within } from '../conformance/waiting.js';
import type { Verdict } from './busy-program.js';
import { makeSpreadPlane } from './make-plane.js';
import { relayedByThread } from './relayed-by-thread.js';

tcpRelayTests(t, makeSpreadPlane);

/** Killed when `t` ends, if it is still there. `line`: the next one that it prints. */
function busyProgram(t: Test, ...args: readonly string[]) {
  const program = new URL('./busy-program.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const line = (): Promise<string> =>
    within(
      `a line of the busy program (${args[0]})`,
      new Promise((resolve) => child.stdout.once('data', (data) => resolve(String(data)))),
    );
  return { line, stop: () => child.stdin.write('stop\n') };
}

t.test('connections move from a busy thread to an idle one, not all of them, and lose no byte', async (t) => {
  const connections = 16;
  // Far less than the default: this machine may be too busy with the other ends to make a thread busier.
  const plane = createLinuxDataPlane({
    endpointSetAsideMs: 0,
    threads: 2,
    busyPerMille: 150,
    checkDescriptors: true,
  });
  t.teardown(() => within('the data plane closes', plane.close(0)));
  const port = Number(await busyProgram(t, 'echo').line());
  const listener = await plane.open(specOf('TCP'), configOf([{ ip: '127.0.0.1', port }]), 0);
  const asking = busyProgram(t, 'ask', String(listener.port), String(connections));
  await eventually('connections have moved', () => relayedByThread().length === 2, 20_000);
  // Time for all of them to follow, if they did.
  await sleep(1000);
  const byThread = relayedByThread();
  t.equal(byThread.length, 2, `each thread has some: ${byThread}`);
  const verdict = asking.line();
  asking.stop();
  const { whole, faults, bytes } = JSON.parse(await verdict) as Verdict;
  t.same(faults, []);
  t.equal(whole, connections);
  await eventually('all are over', () => listener.counters().open === 0);
  const { opened, failed, rxBytes, txBytes } = listener.counters();
  t.same(
    { opened, failed, rxBytes, txBytes },
    { opened: connections, failed: {}, rxBytes: bytes, txBytes: bytes },
  );
  t.equal(plane.totals().tcpConnections, 0);
});

/** The connections of one of two threads, with nothing that moves them. */
function connectionsOf(
  t: Test,
  parts: { readonly thread: number; readonly busyPerMille?: number; readonly counters?: () => CounterBlock },
) {
  const descriptors = new Descriptors(1, createOwnerTable());
  const faults: unknown[] = [];
  const fault = (error: unknown): void => {
    faults.push(error);
  };
  const loop = new EpollLoop(descriptors, fault);
  t.teardown(() => loop.close());
  const control = new Control(createControlMemory(2));
  control.setMax(1000);
  const rings = [new HandOverRing(createRingMemory()), new HandOverRing(createRingMemory())] as const;
  const connections = new ThreadConnections({
    loop,
    timers: new TimerWheel(performance.now(), fault),
    sockets: new Sockets(descriptors),
    rings,
    control,
    pipes: new PipePool(descriptors, 2),
    halfClosedTimeoutMs: 60_000,
    keepAliveDelayMs: 15_000,
    busyPerMille: 0,
    counters: () => new Float64Array(blockLength),
    adopt: (fd) => descriptors.adopt(fd),
    release: () => {},
    wake: () => {},
    drained: () => {},
    fault,
    ...parts,
  });
  /** That has no sockets: nothing of it is ever ready. */
  const relay = (): TcpRelay => {
    control.take('tcp');
    const established = { clientFd: -1, endpointFd: -1, place: 0, endpointId: 0 };
    const slot = loop.claim({ ready: () => {} });
    return new TcpRelay(established, slot, new Float64Array(blockLength), connections.relayContext);
  };
  const settle = (relays: readonly TcpRelay[]): void => {
    for (const one of relays) connections.relayContext.settled(one, true);
  };
  const relays = (count: number): readonly TcpRelay[] => Array.from({ length: count }, relay);
  return { connections, descriptors, loop, control, rings, faults, relays, settle };
}

/** How many are in it; they are not any more then. */
function emptied(ring: HandOverRing): number {
  let count = 0;
  while (ring.take() !== undefined) count++;
  return count;
}

t.test('a connection that can not be taken over is reset, and its place free again', async (t) => {
  const { connections, descriptors, loop, control, rings, faults } = connectionsOf(t, {
    thread: 1,
    counters: () => {
      throw new Error('no counters');
    },
  });
  const memory = new NativeMemory(8);
  const pairs = [0, 1].map(() => {
    sys.socketpair(AF_UNIX, SOCK_STREAM, 0, memory.address);
    return { near: memory.words[0] ?? -1, far: descriptors.adopt(memory.words[1] ?? -1) };
  });
  const [client, endpoint] = pairs;
  control.take('tcp');
  const slot = loop.claim({ ready: () => {} });
  loop.release(slot);
  rings[1].put({ clientFd: client?.near ?? -1, endpointFd: endpoint?.near ?? -1, place: 0, endpointId: 0 });
  connections.adoptAll();
  t.match(faults, [{ message: 'no counters' }]);
  t.equal(control.tcpConnections, 0);
  t.equal(loop.claim({ ready: () => {} }), slot, 'its slot is free again');
  for (const { near, far } of pairs) {
    t.ok(sys.fcntl(near, 1, 0) < 0, 'it is closed');
    descriptors.close(far);
  }
});

t.test('a connection that no other thread can take counts as kept', async (t) => {
  const { rings, relays, settle } = connectionsOf(t, { thread: 0 });
  while (!rings[1].full) rings[1].put({ clientFd: -1, endpointFd: -1, place: 0, endpointId: 0 });
  settle(relays(3));
  emptied(rings[1]);
  settle(relays(3));
  t.equal(emptied(rings[1]), 3, 'three for three');
  settle(relays(2));
  t.equal(emptied(rings[1]), 1);
});

t.test('nothing is handed to a thread that stops', async (t) => {
  const { control, rings, relays, settle } = connectionsOf(t, { thread: 0 });
  control.stop(1);
  settle(relays(4));
  t.equal(emptied(rings[1]), 0);
});

t.test('connections that have ended or moved are none of those of which some may move', async (t) => {
  const { connections, control, rings, relays, settle } = connectionsOf(t, { thread: 0, busyPerMille: 600 });
  control.setLoad(0, 900);
  const many = relays(24);
  settle(many);
  for (const relay of many.slice(16)) connections.relayContext.over(relay);
  connections.allowMoves();
  settle(many.slice(0, 16));
  t.equal(emptied(rings[1]), 4, 'a quarter of sixteen');
  connections.allowMoves();
  settle(many.slice(4, 16));
  t.equal(emptied(rings[1]), 3, 'a quarter of twelve');
});

// An error in our own code ends the connection that it came up in, on both sides, leaves nothing of it behind, and costs
// nobody else anything. Each fault is put into an interface that the code under test calls.
import t, { type Test } from 'tap';
import type { Balancer } from '../../../lib/balance/balancer.js';
import { endFaulty } from '../../../lib/dataplane/native/fault.js';
import type { EndpointAddress } from '../../../lib/model/endpoint.js';
import { refusingTcpPort } from '../../support/refusing-port.js';
import {
  connecting,
  echo,
  type Received,
  receive,
  receiveAll,
  tcpClient,
  tcpEndpoint,
} from '../conformance/tcp-peers.js';
import { udpEcho, udpSocket } from '../conformance/udp-peers.js';
import { eventually, openDescriptors } from '../conformance/waiting.js';
import { type Parts, turnedByHand, udpTurnedByHand } from '../linux/turned-by-hand.js';

/** Throws in the first `times` calls. */
function faultyAtFirst(times: number): () => void {
  let calls = 0;
  return () => {
    if (++calls <= times) throw new Error('a fault of ours');
  };
}

/** The same order for each client, so that it is known which endpoint is met first. */
function inOrder(fault: () => void = () => {}): Pick<Balancer, 'update' | 'candidates'> {
  let endpoints: readonly EndpointAddress[] = [];
  return {
    update: (config) => {
      endpoints = config.endpoints;
    },
    candidates: () => {
      fault();
      const rest = endpoints.values();
      return { next: () => rest.next().value };
    },
  };
}

interface Place {
  readonly where: string;
  /** Endpoints before the one that answers. */
  readonly dead?: number;
  parts(fault: () => void): Parts;
}

const places: readonly Place[] = [
  {
    where: 'when a client was accepted',
    parts: (fault) => ({ balancer: inOrder(fault) }),
  },
  {
    where: 'when an endpoint has refused',
    dead: 1,
    parts: (fault) => ({ balancer: { ...inOrder(), setAside: fault } }),
  },
  {
    where: 'when an endpoint has answered',
    parts: (fault) => ({ balancer: { answered: fault } }),
  },
  {
    where: 'when a connection has moved bytes for a while',
    parts: (fault) => ({ context: { settled: fault } }),
  },
];

for (const { where, dead = 0, parts } of places) {
  t.test(`a fault ${where} resets client and endpoint, and the next ones are served`, async (t) => {
    const endpoint = await tcpEndpoint(t, echo);
    const refusing = await Promise.all(Array.from({ length: dead }, () => refusingTcpPort(t)));
    const { port, control, faults, counters } = turnedByHand(
      t,
      [...refusing, endpoint],
      parts(faultyAtFirst(3)),
    );
    const before = openDescriptors();
    for (let round = 1; round <= 3; round++) {
      t.equal(await endOfWriting(t, port), 'reset');
      t.same([control.tcpConnections, counters().open], [0, 0]);
      await eventually('the endpoint is let go', () => endpoint.sockets.size === 0);
    }
    t.match(faults, [
      { message: 'a fault of ours' },
      { message: 'a fault of ours' },
      { message: 'a fault of ours' },
    ]);
    t.same(counters().failed, { fault: 3 });
    await eventually('no descriptor is left', () => openDescriptors() <= before + 1);
    const client = await tcpClient(t, port);
    for (let round = 0; round < 20; round++) {
      client.write('hello');
      t.equal(String(await receive(client, 5)), 'hello');
    }
    client.end();
    t.equal((await receiveAll(client)).end, 'fin');
    await eventually('it is over', () => counters().open === 0);
    t.equal(control.tcpConnections, 0);
    t.same(counters().failed, { fault: 3 });
    t.equal(faults.length, 3);
  });
}

/** How it ends for a client that goes on writing, far beyond the turn after which a relay counts as settled. */
async function endOfWriting(t: Test, port: number): Promise<Received['end']> {
  const client = connecting(t, port);
  const received = receiveAll(client);
  const writing = setInterval(() => client.write('x'), 2);
  const { end } = await received;
  clearInterval(writing);
  return end;
}

t.test('a fault costs nobody else anything', async (t) => {
  const endpoint = await tcpEndpoint(t, echo);
  const fault = faultyAtFirst(1);
  let isArmed = false;
  const settled = (): void => {
    if (isArmed) fault();
  };
  const { port, faults, counters } = turnedByHand(t, [endpoint], { context: { settled } });
  const other = await tcpClient(t, port);
  other.write('ping');
  await receive(other, 4);
  isArmed = true;
  t.equal(await endOfWriting(t, port), 'reset');
  t.equal(faults.length, 1);
  for (let round = 0; round < 20; round++) {
    other.write('ping');
    t.equal(String(await receive(other, 4)), 'ping');
  }
  t.equal(counters().open, 1);
});

for (const { where, parts } of [
  {
    where: 'when a client is new',
    parts: (fault: () => void) => ({ ...inOrder(fault), size: 1, has: () => true }),
  },
  { where: 'when an endpoint has answered', parts: (fault: () => void) => ({ answered: fault }) },
]) {
  t.test(`a fault ${where} ends its UDP flow, and the next datagrams are served`, async (t) => {
    const { port, control, faults, counters } = udpTurnedByHand(
      t,
      [await udpEcho(t)],
      parts(faultyAtFirst(3)),
    );
    const client = await udpSocket(t);
    const before = openDescriptors();
    for (let round = 1; round <= 3; round++) {
      client.send('lost', port, '127.0.0.1');
      await eventually('the fault is counted', () => counters().failed.fault === round);
      t.same([control.udpClients, counters().open], [0, 0]);
    }
    t.equal(faults.length, 3);
    t.ok(openDescriptors() <= before, 'no descriptor is left');
    for (const text of ['one', 'two']) t.equal(String((await client.ask(text, port)).data), text);
    t.same([control.udpClients, counters().open, counters().opened], [1, 1, 4]);
    t.equal(faults.length, 3);
  });
}

t.test('a fault while a fault is dealt with is reported too, and goes no further', async (t) => {
  const reported: unknown[] = [];
  const [first, second] = [new Error('first'), new Error('second')];
  const culprit = {
    fail: () => {
      throw second;
    },
  };
  endFaulty(culprit, first, (error) => reported.push(error));
  t.same(reported, [first, second]);
  endFaulty(undefined, first, (error) => reported.push(error));
  endFaulty({}, first, (error) => reported.push(error));
  t.equal(reported.length, 4);
});

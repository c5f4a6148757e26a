// Candidates are dialled best first, within their time, and what fails is set aside. No network: sockets that the
// test connects or breaks.
import { connect, Socket } from 'node:net';
import t from 'tap';
import { listenerBalancer } from '../../../lib/balance/listener-balancer.js';
import type { Dial } from '../../../lib/dataplane/node/dial.js';
import { type DialOutcome, dialCandidates } from '../../../lib/dataplane/node/dial-candidates.js';
import type { EndpointAddress } from '../../../lib/model/endpoint.js';
import { fakeClock } from '../../support/fake-clock.js';
import { refusingTcpPort } from '../../support/refusing-port.js';

const endpoints = [1, 2, 3].map((port) => ({ ip: '127.0.0.1', port }));

/** Dials all three endpoints with `react` in place of the network. */
function dialling(react: (socket: Socket, endpoint: EndpointAddress) => void) {
  const clock = fakeClock();
  const balancer = listenerBalancer({ setAsideMs: 60_000 });
  balancer.update({ endpoints, resting: [] });
  const sockets: Socket[] = [];
  const tried: number[] = [];
  const dial: Dial = (endpoint) => {
    const socket = new Socket();
    sockets.push(socket);
    tried.push(endpoint.port);
    react(socket, endpoint);
    return socket;
  };
  const settings = { dial, clock, dialTimeoutMs: 1000, dialBudgetMs: 2500, keepAliveDelayMs: 1 };
  const outcomes: DialOutcome[] = [];
  const handle = dialCandidates('10.0.0.1', balancer, settings, (outcome) => outcomes.push(outcome));
  /** Who the next client would try first. */
  const nextFirst = (): number | undefined => balancer.candidates('', clock.monotonic()).next()?.port;
  return { clock, sockets, tried, outcomes, handle, balancer, nextFirst };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

function fail(code: string): (socket: Socket) => void {
  return (socket) => socket.destroy(Object.assign(new Error(code), { code }));
}

t.test('a refusal moves on at once; when all refuse, the last one is named', async (t) => {
  const { outcomes, tried, clock } = dialling(fail('ECONNREFUSED'));
  for (let turns = 0; turns < 5; turns++) await turn();
  t.same(tried, [1, 2, 3]);
  t.match(outcomes, [
    { kind: 'failed', reason: 'dial', endpoint: { port: 3 }, error: { code: 'ECONNREFUSED' } },
  ]);
  t.equal(clock.waiting(), 0, 'no timer is left');
});

t.test('each try has its time, all have theirs, and every socket is closed', async (t) => {
  const { outcomes, tried, clock, sockets } = dialling(() => {});
  await turn();
  await clock.advance(999);
  t.same(tried, [1]);
  await clock.advance(1);
  t.same(tried, [1, 2]);
  await clock.advance(1000);
  t.same(tried, [1, 2, 3]);
  await clock.advance(499);
  t.same(outcomes, []);
  await clock.advance(1);
  t.match(outcomes, [{ reason: 'dial' }], 'nothing is left to try, and the last had 500 ms only');
  t.ok(sockets.every(({ destroyed }) => destroyed));
  t.equal(clock.waiting(), 0);
});

t.test('an endpoint that the others left too little time is not set aside', async (t) => {
  const { clock, outcomes, nextFirst } = dialling(() => {});
  await turn();
  await clock.advance(2500);
  t.match(outcomes, [{ reason: 'dial', endpoint: { port: 3 } }]);
  t.same([nextFirst(), nextFirst(), nextFirst()], [3, 3, 3], 'the two that had their second are');
});

t.test('when the budget is spent with candidates left, it is a timeout', async (t) => {
  const clock = fakeClock();
  const balancer = listenerBalancer({ setAsideMs: 60_000 });
  balancer.update({ endpoints, resting: [] });
  const outcomes: DialOutcome[] = [];
  const settings = {
    dial: () => new Socket(),
    clock,
    dialTimeoutMs: 1000,
    dialBudgetMs: 1500,
    keepAliveDelayMs: 1,
  };
  dialCandidates('', balancer, settings, (outcome) => outcomes.push(outcome));
  await turn();
  await clock.advance(1000);
  await clock.advance(500);
  t.match(outcomes, [{ reason: 'dial-timeout', endpoint: { port: 2 } }]);
});

t.test('the endpoint that answers is handed over open, the ones before it are set aside', async (t) => {
  const { outcomes, sockets, nextFirst } = dialling((socket, { port }) => {
    if (port === 2) setImmediate(() => socket.emit('connect'));
    else fail('ECONNREFUSED')(socket);
  });
  for (let turns = 0; turns < 5; turns++) await turn();
  t.match(outcomes, [{ kind: 'connected', endpoint: { port: 2 } }]);
  t.equal(sockets[1]?.destroyed, false);
  t.same([nextFirst(), nextFirst(), nextFirst()].includes(1), false);
});

t.test('without descriptors the dial ends, and no endpoint is blamed', async (t) => {
  const { outcomes, tried, nextFirst } = dialling(fail('EMFILE'));
  for (let turns = 0; turns < 5; turns++) await turn();
  t.same(tried, [1]);
  t.match(outcomes, [{ reason: 'dial', error: { code: 'EMFILE' } }]);
  t.same([nextFirst(), nextFirst(), nextFirst()].toSorted(), [1, 2, 3]);
});

t.test('a dial that throws is a dial that failed', async (t) => {
  const { outcomes, tried } = dialling(() => {
    throw new RangeError('no such port');
  });
  for (let turns = 0; turns < 5; turns++) await turn();
  t.same(tried, [1, 2, 3]);
  t.match(outcomes, [{ reason: 'dial', error: { message: 'no such port' } }]);
});

t.test('a cancelled dial closes its socket and says nothing', async (t) => {
  const { outcomes, sockets, clock, handle } = dialling(() => {});
  await turn();
  handle.cancel();
  await clock.advance(10_000);
  await turn();
  t.same(outcomes, []);
  t.ok(sockets[0]?.destroyed);
  t.equal(clock.waiting(), 0);
});

t.test(
  'an endpoint that leaves while it is dialled is left for the next one, and blamed for nothing',
  async (t) => {
    const { outcomes, sockets, tried, clock, handle, balancer } = dialling(() => {});
    await turn();
    const [first, second, third] = endpoints;
    if (!first || !second || !third) throw new Error('three endpoints');
    balancer.update({ endpoints: [first, third], resting: [second] });
    handle.endpointsChanged();
    t.same(tried, [1], 'the one it dials is still there');
    balancer.update({ endpoints: [second, third], resting: [first] });
    handle.endpointsChanged();
    t.same(tried, [1], 'one that rests may still answer');
    balancer.update({ endpoints: [second, third], resting: [] });
    handle.endpointsChanged();
    t.same(tried, [1, 3], 'on with the next one that was there all the time');
    t.ok(sockets[0]?.destroyed);
    t.equal(clock.waiting(), 1, 'one try, one timer');
    balancer.update({ endpoints: [], resting: [] });
    handle.endpointsChanged();
    t.match(outcomes, [{ kind: 'failed', reason: 'no-endpoints' }]);
    handle.endpointsChanged();
    t.equal(clock.waiting(), 0);
    t.equal(outcomes.length, 1);
  },
);

t.test('the client is pinned to the endpoint that answers', async (t) => {
  const clock = fakeClock();
  const balancer = listenerBalancer({ setAsideMs: 0 });
  balancer.update({ endpoints, resting: [], affinityTimeoutMs: 60_000 });
  const dial: Dial = ({ port }) => {
    const socket = new Socket();
    if (port === 1) socket.destroy(Object.assign(new Error('ECONNREFUSED'), { code: 'ECONNREFUSED' }));
    else setImmediate(() => socket.emit('connect'));
    return socket;
  };
  const settings = { dial, clock, dialTimeoutMs: 1000, dialBudgetMs: 2500, keepAliveDelayMs: 1 };
  await new Promise<DialOutcome>((resolve) => dialCandidates('10.0.0.1', balancer, settings, resolve));
  t.match(balancer.candidates('10.0.0.1', clock.monotonic()).next(), { port: 2 });
});

t.test('a socket that was connected to itself is no answer', async (t) => {
  const dead = await refusingTcpPort(t);
  await dead.free();
  const balancer = listenerBalancer({ setAsideMs: 0 });
  balancer.update({ endpoints: [dead], resting: [] });
  // The source port that the kernel picks once in 28,000 times.
  const dial: Dial = ({ ip, port }) => connect({ host: ip, port, localAddress: ip, localPort: port });
  const settings = { dial, clock: fakeClock(), dialTimeoutMs: 1000, dialBudgetMs: 1000, keepAliveDelayMs: 1 };
  const outcome = await new Promise<DialOutcome>((resolve) =>
    dialCandidates('', balancer, settings, resolve),
  );
  t.match(outcome, { kind: 'failed', reason: 'dial', error: { message: 'connected to itself' } });
});

// A listening UDP socket outlives its errors: what breaks is bound again.
import type { Socket } from 'node:dgram';
import t from 'tap';
import { UdpListeningSocket } from '../../../lib/dataplane/node/udp-listening-socket.js';
import { type BindUdp, bindUdp, type UdpSocketHandlers } from '../../../lib/dataplane/node/udp-socket.js';
import { fakeClock } from '../../support/fake-clock.js';
import { udpSocket } from '../conformance/udp-peers.js';
import { eventually } from '../conformance/waiting.js';

interface Bound {
  readonly socket: Socket;
  readonly handlers: UdpSocketHandlers;
}

/** An echo on one listening socket, with the sockets that it was given. */
async function echoing(failFirst = 0) {
  const clock = fakeClock();
  const bound: Bound[] = [];
  let tries = 0;
  const bind: BindUdp = async (options, handlers) => {
    tries++;
    if (tries <= failFirst) throw Object.assign(new Error('bind EADDRNOTAVAIL'), { code: 'EADDRNOTAVAIL' });
    const socket = await bindUdp(options, handlers);
    bound.push({ socket, handlers });
    return socket;
  };
  const warnings: string[] = [];
  const { port, free } = await freePort();
  await free();
  const listening: UdpListeningSocket = new UdpListeningSocket(
    { ipFamily: 'IPv4', address: '127.0.0.1', port, reuseAddr: true, bufferBytes: 65_536 },
    {
      bind,
      clock,
      warn: (text) => warnings.push(text),
      message: (datagram, from) => listening.send(datagram, from.address, from.port),
    },
  );
  return { clock, bound, warnings, listening, port, tries: () => tries };
}

async function freePort(): Promise<{ readonly port: number; free(): Promise<void> }> {
  const socket = await bindUdp(
    { ipFamily: 'IPv4', address: '127.0.0.1', port: 0, reuseAddr: false, bufferBytes: 0 },
    { message: () => {}, error: () => {} },
  );
  return {
    port: socket.address().port,
    free: () => new Promise<void>((resolve) => socket.close(resolve)),
  };
}

t.test('after an error the socket is closed and another one serves the same port', async (t) => {
  const { clock, bound, warnings, listening, port } = await echoing();
  t.teardown(() => listening.close());
  await listening.open();
  const client = await udpSocket(t);
  t.equal(String((await client.ask('one', port)).data), 'one');
  bound[0]?.socket.emit('error', new Error('recvmsg EBADF'));
  t.equal(warnings.length, 1);
  listening.send(Buffer.from('nobody is there to send it'), '127.0.0.1', client.address().port);
  await clock.advance(100);
  await eventually('another socket is bound', () => bound.length === 2);
  t.equal(String((await client.ask('two', port)).data), 'two');
  bound[0]?.handlers.error(new Error('late news of the old socket'));
  t.equal(String((await client.ask('three', port)).data), 'three');
  t.equal(clock.waiting(), 0);
});

t.test('an address that is not there is tried again, ever more seldom, until it comes', async (t) => {
  const { clock, bound, listening, tries } = await echoing(8);
  t.teardown(() => listening.close());
  await listening.open().catch((error: unknown) => listening.retry(error));
  const waits = [100, 200, 400, 800, 1600, 3200, 5000, 5000];
  for (const [number, waitMs] of waits.entries()) {
    await eventually('the next try is planned', () => clock.waiting() === 1);
    await clock.advance(waitMs - 1);
    t.equal(tries(), number + 1);
    await clock.advance(1);
    t.equal(tries(), number + 2);
  }
  await eventually('it is bound', () => bound.length === 1);
});

t.test('closing ends the tries, and a bind that is under way', async (t) => {
  const waiting = await echoing(100);
  await waiting.listening.open().catch((error: unknown) => waiting.listening.retry(error));
  await waiting.listening.close();
  t.equal(waiting.clock.waiting(), 0);
  const binding = await echoing();
  const opening = binding.listening.open();
  await binding.listening.close();
  await opening;
  const [bound] = binding.bound;
  t.throws(() => bound?.socket.address(), 'the socket that came too late is closed');
});

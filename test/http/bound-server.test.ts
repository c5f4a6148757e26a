// One HTTP server on one address, which may be taken.
import { createServer } from 'node:net';
import { Hono } from 'hono';
import t from 'tap';
import { type BoundServer, startBoundServer } from '../../lib/http/bound-server.js';
import { type Clock, systemClock } from '../../lib/proxier/clock.js';
import { type Log, silentLog } from '../../lib/proxier/log.js';

const app = new Hono().get('/', (context) => context.text('here'));

function start(
  address: { host: string; port: number },
  log: Log = silentLog,
  clock: Clock = systemClock,
): BoundServer {
  return startBoundServer({ name: 'test', app, address, log, clock, retryMs: 50 });
}

t.test('a taken port is told once, tried again, and had when it is free', async (t) => {
  const holder = createServer();
  const port = await new Promise<number>((resolve) => {
    holder.listen(0, '127.0.0.1', () => {
      const address = holder.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
  const errors: unknown[] = [];
  let retries = 0;
  const clock: Clock = {
    ...systemClock,
    after: (delayMs, callback) => {
      retries += 1;
      return systemClock.after(delayMs, callback);
    },
  };
  const server = start(
    { host: '127.0.0.1', port },
    { ...silentLog, error: (...given: unknown[]) => errors.push(given) } as Log,
    clock,
  );
  t.teardown(() => server.close());
  const first = await server.firstBind;
  t.match(first, {
    state: 'failed',
    error: { message: new RegExp(`test: cannot listen on 127.0.0.1:${port}: .*EADDRINUSE`) },
  });
  await until(() => retries >= 3);
  t.equal(errors.length, 1);
  await new Promise((resolve) => holder.close(resolve));
  await until(() => server.state().state === 'listening');
  t.equal(await (await fetch(`http://127.0.0.1:${port}/`)).text(), 'here');
});

t.test('it listens on IPv6', async (t) => {
  const server = start({ host: '::1', port: 0 });
  t.teardown(() => server.close());
  t.equal(await (await fetch(`http://[::1]:${await portOf(server)}/`)).text(), 'here');
});

t.test('every address is that of both families, as in Go, however it is spelled', async (t) => {
  for (const host of ['0.0.0.0', '::', '']) {
    const server = start({ host, port: 0 });
    t.teardown(() => server.close());
    const port = await portOf(server);
    for (const loopback of ['127.0.0.1', '[::1]']) {
      t.equal(await (await fetch(`http://${loopback}:${port}/`)).text(), 'here', `${host} by ${loopback}`);
    }
  }
});

t.test('close cuts idle clients, frees the port, ends retries, and may come at any time', async (t) => {
  const server = start({ host: '127.0.0.1', port: 0 });
  await server.close();
  await server.close();
  const second = start({ host: '127.0.0.1', port: 0 });
  const port = await portOf(second);
  await (await fetch(`http://127.0.0.1:${port}/`)).text();
  await second.close();
  await t.rejects(fetch(`http://127.0.0.1:${port}/`));
  // An address of a documentation network: it can't be bound here.
  const failing = start({ host: '192.0.2.1', port: 9 });
  t.match(await failing.firstBind, { state: 'failed' });
  await failing.close();
});

async function portOf(server: BoundServer): Promise<number> {
  const state = await server.firstBind;
  if (state.state !== 'listening') throw new Error(`not listening: ${state.state}`);
  return state.address.port;
}

async function until(condition: () => boolean): Promise<void> {
  for (let tries = 0; tries < 200 && !condition(); tries += 1) {
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  if (!condition()) throw new Error('did not come to pass within 5 s');
}

// Threads that block in the kernel end when they are told to, and serve whatever the main thread is doing; one that dies
// is told of.
import { spawn } from 'node:child_process';
import t, { type Test } from 'tap';
import { createLinuxDataPlane } from '../../../lib/dataplane/linux/data-plane.js';
import { configOf, listenerFor, specOf } from '../conformance/plane.js';
import { echo, receive, tcpClient, tcpEndpoint } from '../conformance/tcp-peers.js';
import { eventually, openDescriptors, within } from '../conformance/waiting.js';
import { makeSpreadPlane } from './make-plane.js';
import { relayedByThread } from './relayed-by-thread.js';
import { shortageChild } from './shortage-child.js';

for (const [command, status] of [
  ['exit', 3],
  ['throw', 1],
  ['close', 0],
] as const) {
  t.test(`a process with open connections ends at once: ${command}`, async (t) => {
    const endpoint = await tcpEndpoint(t, echo);
    const child = await shortageChild(t, endpoint.port);
    const { port } = await child.look();
    const client = await tcpClient(t, port);
    client.write('hello');
    await receive(client, 5);
    const startedMs = performance.now();
    child.tell(command);
    t.equal(await child.ended, status);
    t.ok(performance.now() - startedMs < 5000);
    await eventually('its connections are gone', () => endpoint.sockets.size === 0);
  });
}

/** Everything that death-program.ts prints, and how it ends. */
async function dying(t: Test, mode: 'exit' | 'go on', nodeOptions = '') {
  const program = new URL('./death-program.js', import.meta.url).pathname;
  const child = spawn(process.execPath, [program, mode], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_OPTIONS: nodeOptions },
  });
  t.teardown(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (data) => {
    text += String(data);
  });
  const [status] = await within(
    'the program ends',
    new Promise<readonly [number | null]>((resolve) => child.once('close', (code) => resolve([code]))),
  );
  return { status, lines: text.trim().split('\n') };
}

const lastWords = {
  died: 'thread data-plane-0 has failed',
  cause: 'epoll_wait of a thread: EBADF',
};

t.test(
  'a thread that dies is told of once, and the process can end, whatever other threads do',
  async (t) => {
    const { status, lines } = await dying(t, 'exit');
    t.same(
      lines.map((line) => JSON.parse(line)),
      [{ serves: true }, lastWords],
    );
    t.equal(status, 1);
  },
);

t.test('what is loaded into the process before it starts is not loaded into its threads', async (t) => {
  const preload = 'data:text/javascript,console.log(JSON.stringify({loaded:true}))';
  const { lines } = await dying(t, 'exit', `--import=${preload}`);
  t.same(
    lines.map((line) => JSON.parse(line)),
    [{ loaded: true }, { serves: true }, lastWords],
  );
});

t.test('a data plane of which a thread has died opens nothing any more, and can be closed', async (t) => {
  const { status, lines } = await dying(t, 'go on');
  t.same(
    lines.map((line) => JSON.parse(line)),
    [
      { serves: true },
      lastWords,
      { open: `listen on UDP port 0 (IPv4) for default/web:p: ${lastWords.died}` },
      { answersAtOnce: true },
      { closed: true },
    ],
  );
  t.equal(status, 0);
});

t.test('threads that can not all be started leave no descriptor behind', async (t) => {
  const threads = new URL('../../../lib/dataplane/linux/threads.js', import.meta.url).href;
  const script = `
    import { readdirSync } from 'node:fs';
    import { Threads } from ${JSON.stringify(threads)};
    const open = () => readdirSync('/proc/self/fd').length;
    const options = { threads: 1000, checkDescriptors: true, tuning: () => ({}), message() {}, died() {} };
    const threads = new Threads(options);
    const before = open();
    const error = await threads.start().catch((error) => error);
    await threads.close();
    console.log(JSON.stringify({ error: error?.message, left: open() - before }));`;
  const limited = ['-c', 'ulimit -n 100 && exec "$0" "$@"', process.execPath];
  const child = spawn('sh', [...limited, '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  t.teardown(() => child.kill('SIGKILL'));
  let text = '';
  child.stdout.on('data', (data) => {
    text += String(data);
  });
  await within('it ends', new Promise((resolve) => child.once('close', resolve)));
  t.same(JSON.parse(text || 'null'), { error: 'eventfd of a thread: EMFILE', left: 0 });
});

t.test('connections that have lived for a while are spread over the threads', async (t) => {
  const { plane, listener } = await listenerFor(t, makeSpreadPlane, 'TCP', [await tcpEndpoint(t, echo)]);
  const clients = await Promise.all(Array.from({ length: 12 }, () => tcpClient(t, listener.port)));
  for (let round = 0; round < 12; round++) {
    for (const client of clients) {
      client.write(`round ${round}`);
      t.equal(
        String(await receive(client, 7 + String(round).length - 1)),
        `round ${round}`.slice(0, 7 + String(round).length - 1),
      );
    }
  }
  t.same(relayedByThread(), [4, 4, 4]);
  t.equal(listener.counters().open, 12);
  for (const client of clients) client.end();
  await eventually('all are over', () => plane.totals().tcpConnections === 0);
  t.equal(listener.counters().open, 0);
  t.same(listener.counters().failed, {});
});

t.test('while the main thread is busy no byte waits for it', async (t) => {
  const plane = createLinuxDataPlane({ endpointSetAsideMs: 0, threads: 2 });
  t.teardown(() => plane.close(0));
  // Client and endpoint in a process of their own: round trips for two seconds, new connections included.
  const script = `
    const net = require('node:net');
    const server = net.createServer((s) => s.pipe(s)).listen(0, '127.0.0.1', () => console.log(server.address().port));
    process.stdin.once('data', async (data) => {
      let slowest = 0, rounds = 0, socket;
      const endMs = performance.now() + 2000;
      while (performance.now() < endMs) {
        const startedMs = performance.now();
        if (rounds % 10 === 0) { socket?.destroy(); socket = net.connect(Number(data), '127.0.0.1'); }
        socket.write('x');
        await new Promise((resolve) => socket.once('data', resolve));
        slowest = Math.max(slowest, performance.now() - startedMs);
        rounds++;
        await new Promise((resolve) => setTimeout(resolve, 2));
      }
      console.log(JSON.stringify({ slowest, rounds }));
      process.exit();
    });`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const line = (): Promise<string> =>
    new Promise((resolve) => child.stdout.once('data', (data) => resolve(String(data))));
  const port = Number(await line());
  const listener = await plane.open(specOf('TCP'), configOf([{ ip: '127.0.0.1', port }]), 0);
  child.stdin.write(String(listener.port));
  const answer = line();
  // Longer than any pass over all Services: nothing of Node's runs meanwhile in this thread.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2200);
  const { slowest, rounds } = JSON.parse(await answer) as {
    readonly slowest: number;
    readonly rounds: number;
  };
  t.ok(rounds > 100, `${rounds} round trips`);
  t.ok(slowest < 500, `the slowest took ${slowest} ms`);
});

t.test('thousands of idle connections are held, and let go', async (t) => {
  const { plane, listener } = await listenerFor(t, makeSpreadPlane, 'TCP', [await tcpEndpoint(t, echo)]);
  const before = openDescriptors();
  const count = 2000;
  for (let opened = 0; opened < count; opened += 100) {
    await Promise.all(Array.from({ length: 100 }, () => tcpClient(t, listener.port)));
  }
  await eventually('all are relayed', () => listener.counters().dialSeconds.count === count);
  t.equal(plane.totals().tcpConnections, count);
  const quick = await tcpClient(t, listener.port);
  quick.write('hello');
  t.equal(String(await receive(quick, 5)), 'hello');
  await plane.close(0);
  t.equal(listener.counters().failed.shutdown, count + 1);
  await eventually('the descriptors are back', () => openDescriptors() <= before);
});

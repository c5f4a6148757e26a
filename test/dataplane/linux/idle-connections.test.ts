// As many idle connections as the descriptors of an ordinary machine allow: held, each alive, and let go at once.
// The three ends are processes of their own: each holds so many sockets.
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { parseDescriptorLimit } from '../../../lib/dataplane/connection-cap.js';
import { receive, receiveAll, tcpClient } from '../conformance/tcp-peers.js';
import { within } from '../conformance/waiting.js';
import { shortageChild } from './shortage-child.js';

const connections = 9000;
const needed = 2 * connections + 500;
const limit = parseDescriptorLimit(readFileSync('/proc/self/limits', 'utf8')) ?? 0;
const skip = limit < needed ? `needs ${needed} descriptors, the limit is ${limit}` : false;
const held = '9,000 idle connections are held, served when they speak, and reset by a stop';

t.test(held, { skip }, async (t) => {
  const program = new URL('./busy-program.js', import.meta.url).pathname;
  const endpoint = spawn(process.execPath, [program, 'echo'], { stdio: ['ignore', 'pipe', 'inherit'] });
  t.teardown(() => endpoint.kill('SIGKILL'));
  const endpointPort = await within(
    'the endpoint says its port',
    new Promise<number>((resolve) => endpoint.stdout.once('data', (line) => resolve(Number(line)))),
  );
  const child = await shortageChild(t, endpointPort);
  const { port } = await child.look();
  const clients: Socket[] = [];
  while (clients.length < connections) {
    clients.push(...(await Promise.all(Array.from({ length: 500 }, () => tcpClient(t, port)))));
    // No faster than the endpoint accepts: a backlog that is full costs a dial its time.
    const relayed = async (): Promise<boolean> => (await child.look()).open === clients.length;
    const endMs = performance.now() + 10_000;
    while (!(await relayed()) && performance.now() < endMs) await sleep(5);
  }
  const seen = await child.look();
  t.equal(seen.open, connections);
  t.same(seen.failed, {});
  // All over the life of the data plane, the first and the last one among them.
  for (const client of clients.filter((_, number) => number % 100 === 0 || number === connections - 1)) {
    client.write('still there');
    t.equal(String(await receive(client, 11)), 'still there');
  }
  const ends = clients.map(async (client) => (await receiveAll(client)).end);
  const startedMs = performance.now();
  child.tell('close');
  t.equal(await child.ended, 0);
  t.ok(performance.now() - startedMs < 10_000, 'it stops at once');
  t.same(new Set(await Promise.all(ends)), new Set(['reset']));
  t.same(child.warnings, []);
});

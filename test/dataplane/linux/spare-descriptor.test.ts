// When descriptors run out, clients wait in the backlog and none is lost; the rest goes on as if nothing was.
import { spawnSync } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import t from 'tap';
import { echo, receive, tcpClient, tcpEndpoint } from '../conformance/tcp-peers.js';
import { udpSocket } from '../conformance/udp-peers.js';
import { type ShortageChild, shortageChild } from './shortage-child.js';

/** The limit that leaves `child` so many descriptors beyond those that it has. */
async function limitOf(child: ShortageChild, more: number): Promise<number> {
  const { descriptors } = await child.look();
  if (descriptors === undefined) throw new Error('the descriptors could not be counted');
  // One of them was open only for counting.
  return descriptors - 1 + more;
}

function setLimit(child: ShortageChild, limit: number): void {
  const { status, stderr } = spawnSync('prlimit', ['--pid', String(child.pid), `--nofile=${limit}:`], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`prlimit: ${stderr}`);
}

const missing = spawnSync('prlimit', ['--version']).error !== undefined;
const skip = missing ? 'prlimit is not installed' : false;

t.test(
  'without descriptors accepting pauses, is reported once, and goes on by itself',
  { skip },
  async (t) => {
    const endpoint = await tcpEndpoint(t, echo);
    const child = await shortageChild(t, endpoint.port);
    const { port } = await child.look();
    for (const episode of [1, 2, 3]) {
      // A spare one, and two for each connection.
      setLimit(child, await limitOf(child, 41));
      const clients = await Promise.all(Array.from({ length: 50 }, () => tcpClient(t, port)));
      await sleep(400);
      const { open, failed } = await child.look();
      t.ok(open >= 18 && open <= 22, `${open} are served`);
      t.same(failed, {}, 'none was cut');
      const said = 'out of descriptors or memory: accepting pauses until there are some';
      t.same(child.warnings, [said], 'once, however often it tries');
      const answered = clients.map(async (client) => {
        client.write('hello');
        t.equal(String(await receive(client, 5)), 'hello');
        client.destroy();
      });
      await Promise.all(answered);
      t.equal((await child.look()).opened, 50 * episode, 'each was served, when there was room');
      await sleep(100);
    }
  },
);

t.test('without descriptors a new UDP client is told off, one that is there is not', { skip }, async (t) => {
  const endpoint = await udpSocket(t);
  endpoint.on('message', (data, from) => endpoint.send(data, from.port, from.address));
  const child = await shortageChild(t, endpoint.address().port);
  const { udpPort } = await child.look();
  const [early, late] = [await udpSocket(t), await udpSocket(t)];
  await early.ask('hello', udpPort);
  const none = await limitOf(child, 0);
  setLimit(child, none);
  late.send('lost', udpPort, '127.0.0.1');
  t.equal(String((await early.ask('again', udpPort)).data), 'again');
  setLimit(child, none + 5);
  t.equal(String((await late.ask('found', udpPort)).data), 'found');
});

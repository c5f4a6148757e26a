// Link-local IPv6 addresses, as the client's and as the one it sent to. They mean something only together with a link:
// the node and the client have the same ones on both of the links between them. Each interface has one more, which the
// kernel made: a reply that does not say where it leaves from would leave from that one.
//
//   node  fe80::1, fd01::1 ── near0   near0 ── fe80::2, fd01::2  clients
//         fe80::1, fd02::1 ── near1   near1 ── fe80::2, fd02::2
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import t, { type Test } from 'tap';
import { connectNamespaces, createNamespace, type Namespace } from '../../../lib/demo/namespaces.js';
import { type Peer, startPeer } from '../../support/peer-client.js';

const port = 7000;
const endpointPort = 7001;
const links = ['near0', 'near1'] as const;
const program = fileURLToPath(new URL('./link-local-program.js', import.meta.url));

async function twoLinks(t: Test): Promise<{ readonly node: Namespace; readonly clients: Namespace }> {
  const node = await createNamespace('node');
  t.teardown(() => node.close());
  const clients = await createNamespace('clients', { family: node });
  t.teardown(() => clients.close());
  for (const [index, link] of links.entries()) {
    const ends = [node, clients].map((namespace, at) => ({
      namespace,
      interface: link,
      addresses: [`fe80::${at + 1}/64`, `fd0${index + 1}::${at + 1}/64`],
    }));
    const [near, far] = ends;
    if (near && far) await connectNamespaces(near, far);
  }
  return { node, clients };
}

/** Ends with the numbers that the listeners counted. */
async function startPlane(node: Namespace): Promise<() => Promise<readonly unknown[]>> {
  const child = node.spawn([process.execPath, program, String(port), String(endpointPort)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  if (child.stdout === null) throw new Error('the data plane has no standard output');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  if ((await lines.next()).value !== 'ready') throw new Error('the data plane did not start');
  return async () => {
    child.stdin?.end();
    const counts = [await lines.next(), await lines.next()];
    return counts.map(({ value }) => JSON.parse(value ?? 'null'));
  };
}

/** Who asks whom: everything that can be told apart by the link alone. */
const ways: readonly { readonly from: string; readonly to: string }[] = links.flatMap((link, index) => [
  { from: `fe80::2%${link}`, to: `fe80::1%${link}` },
  { from: `fe80::2%${link}`, to: `fd0${index + 1}::1` },
  { from: `fd0${index + 1}::2`, to: `fe80::1%${link}` },
]);

/** UDP flows from one port, side by side, each with its own replies; then TCP. */
async function everyWayIsServed(t: Test, peer: Peer): Promise<void> {
  const flows = await Promise.all(
    ways.map(async ({ from, to }, at) => ({
      way: `${from} to ${to}`,
      // The two from and to link-local addresses have nothing but the link to tell them apart.
      flow: await peer.udpOpen(to, port, { localAddress: from, localPort: 5000 + (at % 3) }),
    })),
  );
  for (const round of [1, 2]) {
    for (const { way, flow } of flows) {
      t.equal(await flow.exchange(`${round}`), `endpoint:${round}`, `UDP from ${way}`);
    }
  }
  for (const { from, to } of ways) {
    const request = { localAddress: from, payload: 'x'.repeat(100_000) };
    t.match(await peer.tcpRequest(to, port, request), { reply: 'endpoint' }, `TCP from ${from} to ${to}`);
  }
}

t.test('replies leave from the address and by the link that were asked', async (t) => {
  const { node, clients } = await twoLinks(t);
  const [host, peer] = [await startPeer(node), await startPeer(clients)];
  await host.tcpEcho('::1', endpointPort, 'endpoint');
  const endpoint = await host.udpEcho('::1', endpointPort, 'endpoint');
  const finish = await startPlane(node);
  await everyWayIsServed(t, peer);
  t.equal((await endpoint.clients()).length, ways.length, 'each client has a flow of its own');
  t.same(await finish(), [
    { opened: ways.length, failed: 0 },
    { opened: ways.length, failed: 0 },
  ]);
});

// A client behind a link that is wider than the one to its endpoint: the relay gets its packet through, and tells it, so
// that the kernel of the client's own host knows the path's MTU from then on.
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import t from 'tap';
import { connectNamespaces, createNamespace, ip } from '../../../lib/demo/namespaces.js';

const program = (name: string): readonly string[] => [
  process.execPath,
  new URL(`./${name}.js`, import.meta.url).pathname,
];

for (const { ipFamily, node, client, endpoint } of [
  { ipFamily: 'IPv4', node: '10.1.0.1', client: '10.1.0.2', endpoint: '127.0.0.2' },
  { ipFamily: 'IPv6', node: 'fd01::1', client: 'fd01::2', endpoint: 'fd00::2' },
] as const) {
  t.test(`${ipFamily}: "too big" reaches the client in its own terms`, async (t) => {
    const near = await createNamespace('node');
    t.teardown(() => near.close());
    const far = await createNamespace('client', { family: near });
    t.teardown(() => far.close());
    const prefix = ipFamily === 'IPv4' ? 24 : 64;
    await connectNamespaces(
      { namespace: near, interface: 'veth0', addresses: [`${node}/${prefix}`] },
      { namespace: far, interface: 'veth0', addresses: [`${client}/${prefix}`] },
    );
    await ip(near, ['address add fd00::2/128 dev lo nodad', 'link set dev lo mtu 1300']);
    const relay = near.spawn([...program('path-mtu-relay-program'), ipFamily, endpoint], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (relay.stdout === null) throw new Error('the relay has no output');
    const [ready]: unknown[] = await once(createInterface({ input: relay.stdout }), 'line');
    t.equal(ready, 'ready');
    const sent = await far.run([...program('path-mtu-client-program'), client, node]);
    t.equal(sent.stderr, '');
    t.equal(sent.stdout, '1400 bytes came back\n');
    const route = await far.run(['ip', 'route', 'get', node]);
    t.match(route.stdout, /mtu 1300/);
  });
}

// SCTP through the whole program, from each place to each kind of portal that a pod, a node and an endpoint may ask.
import t from 'tap';
import { eventually } from '../support/eventually.js';
import { service } from '../support/objects.js';
import { addresses } from '../support/rig.js';
import { clusterIPs, createSctpStage, froms, ipFamilies, writeEndpoints } from '../support/sctp-stage.js';

const nodePort = 30_190;
const ports = [{ name: 'sctp', port: 80, protocol: 'SCTP', nodePort }] as const;

t.test('e2e/60–69 sctp', async (t) => {
  const stage = await createSctpStage(t);
  const { IPv4, IPv6 } = clusterIPs;
  const spec = { type: 'NodePort', clusterIPs: [IPv4.web, IPv6.web], ipFamilies } as const;
  await stage.manifests.write('services.json', [service('web', IPv4.web, { ports, spec })]);
  await writeEndpoints(stage, 'web', 0, 2);
  await stage.serve(['--sctp-relay-port-range=10000-19999']);

  for (const ipFamily of ipFamilies) {
    const { node } = addresses[ipFamily];
    const names = [`${ipFamily}-pod1`, `${ipFamily}-pod2`];
    for (const from of froms) {
      await t.test(`${ipFamily}, ${from}: by the clusterIP and by the nodePort`, async (t) => {
        const portals = [
          { ip: clusterIPs[ipFamily].web, port: 80 },
          { ip: node.outside, port: nodePort },
          { ip: node.pods, port: nodePort },
        ];
        for (const to of portals) {
          const clients = [await stage.client(from, ipFamily, to), await stage.client(from, ipFamily, to)];
          const reached = [];
          for (const client of clients) reached.push(await client.connect());
          t.same(reached.toSorted(), names, `${to.ip} port ${to.port}: both endpoints in turn`);
          t.same(await clients[0]?.exchange(['hello']), ['hello']);
        }
      });
    }
  }

  await t.test('without endpoints the nodePort refuses', async (t) => {
    await stage.manifests.write('slices-web.json', []);
    await eventually('refused', async () => {
      const client = await stage.client('the world outside', 'IPv4', {
        ip: addresses.IPv4.node.outside,
        port: nodePort,
      });
      return (await client.say('init', 1000)).types.length === 1;
    });
    t.pass('by an ABORT');
  });
});

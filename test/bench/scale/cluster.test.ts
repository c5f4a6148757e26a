// The cluster that is measured: everything differs that differs in a real one.
import t from 'tap';
import { app, cluster, clusterIP, realEndpoints, sampledServices } from '../../../bench/scale/cluster.js';
import { createModel } from '../../../lib/model/model.js';

t.test(
  'every Service has ten endpoints of its own, and the model finds nothing wrong with any',
  async (t) => {
    const model = createModel({ nodeName: 'node-1' });
    const apps = cluster(1000);
    for (const { service, slice } of apps) {
      model.upsert(service);
      model.upsert(slice);
    }
    const { snapshot } = model.takeSnapshot();
    t.same(snapshot.problems, []);
    t.equal(snapshot.servicePorts.size, 1000);
    t.equal(new Set(apps.map(({ service }) => service.spec.clusterIP)).size, 1000);
    t.ok([...snapshot.endpoints.values()].every(({ Cluster }) => Cluster.length === 10));
    const addresses = [...snapshot.endpoints.values()].flatMap(({ Cluster }) => Cluster.map(({ ip }) => ip));
    // The three sampled Services share the ten that answer.
    t.equal(new Set(addresses).size, 997 * 10 + 10);
  },
);

t.test('the first, a middle and the last Service have endpoints that answer', async (t) => {
  t.same(sampledServices(10_000), [0, 5000, 9999]);
  const apps = cluster(10);
  for (const [index, { slice }] of apps.entries()) {
    const answers = slice.endpoints.every(({ addresses: [ip = ''] }) => realEndpoints.includes(ip));
    t.equal(answers, [0, 5, 9].includes(index), `${index}`);
  }
});

t.test('a Service that is added later has an address of its own', async (t) => {
  t.equal(clusterIP(0), '10.96.0.10');
  t.equal(clusterIP(10_001), '10.96.39.27');
  t.equal(app(10_001, []).service.spec.clusterIP, '10.96.39.27');
});

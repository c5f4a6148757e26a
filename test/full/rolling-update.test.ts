// A rolling update under load at full length: 100,000 requests over each data plane while pods are replaced one by one.
// None of them fails. (Kubernetes' own test of a load balancer asks for 95 of 100.)
import t from 'tap';
import { createCluster } from '../support/cluster.js';
import { sceneOf } from '../support/cluster-scene.js';
import { rollingUpdate } from '../support/rolling-update.js';
import { dataPlanes } from '../support/stage.js';

t.setTimeout(600_000);

for (const dataPlane of dataPlanes) {
  t.test(`100,000 requests, ${dataPlane}`, { timeout: 290_000 }, async (t) => {
    const cluster = await createCluster(t, { dataPlane });
    await rollingUpdate(t, sceneOf(cluster, 1), 100_000);
  });
}

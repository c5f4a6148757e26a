// Services that are dropped on this node for want of local endpoints: the cases of kube-proxy's TestNoEndpointsMetric.
import t from 'tap';
import { createModel } from '../../lib/model/model.js';
import { countNoLocalEndpoints } from '../../lib/model/no-local-endpoints.js';
import { service, slice } from '../support/objects.js';

type Policy = 'Cluster' | 'Local';

function counted(
  internal: Policy,
  external: Policy,
  nodeNames: readonly string[],
  type = 'NodePort',
): string {
  const model = createModel({ nodeName: 'node-1' });
  const ports = (['http', 'https'] as const).map((name, index) => ({
    name,
    port: 80 + index,
    ...(type === 'NodePort' && { nodePort: 30080 + index }),
  }));
  const spec = {
    type: type as 'NodePort',
    internalTrafficPolicy: internal,
    externalTrafficPolicy: external,
    ports,
  };
  model.upsert(service('web', '10.96.0.1', { spec }));
  const endpoints = nodeNames.map((nodeName, index) => ({ addresses: [`10.0.0.${index + 1}`], nodeName }));
  const slicePorts = ports.map(({ name }) => ({ name, port: 8080 }));
  model.upsert(slice('web', [], { endpoints, ports: slicePorts }));
  const { snapshot } = model.takeSnapshot();
  t.same(countNoLocalEndpoints(snapshot, 'IPv6'), { internal: 0, external: 0 }, 'none in the other family');
  const { internal: ofInternal, external: ofExternal } = countNoLocalEndpoints(snapshot, 'IPv4');
  return `internal ${ofInternal} external ${ofExternal}`;
}

t.test('a Service counts once for each Local policy, if it has endpoints and none is here', async (t) => {
  const here = ['node-1', 'node-2', 'node-3'];
  const elsewhere = ['node-2', 'node-3', 'node-3'];
  const table: readonly [internal: Policy, external: Policy, nodes: readonly string[], expected: string][] = [
    ['Local', 'Cluster', here, 'internal 0 external 0'],
    ['Cluster', 'Local', here, 'internal 0 external 0'],
    ['Local', 'Local', here, 'internal 0 external 0'],
    ['Local', 'Cluster', elsewhere, 'internal 1 external 0'],
    ['Cluster', 'Local', elsewhere, 'internal 0 external 1'],
    ['Local', 'Local', elsewhere, 'internal 1 external 1'],
    ['Local', 'Local', [], 'internal 0 external 0'],
    ['Cluster', 'Cluster', elsewhere, 'internal 0 external 0'],
  ];
  for (const [internal, external, nodes, expected] of table) {
    t.equal(counted(internal, external, nodes), expected, `${internal} ${external} ${nodes.join(' ')}`);
  }
  t.equal(
    counted('Cluster', 'Local', elsewhere, 'LoadBalancer'),
    'internal 0 external 0',
    'no portal for it',
  );
});

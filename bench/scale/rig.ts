// bench/scale/rig.ts: two namespaces, a node for the proxy and one for all pods, made anew for each case: no rule and no
// conntrack entry of another case is there.
import { connectNamespaces, createNamespace, ip, type Namespace } from '../../lib/demo/namespaces.js';
import type { Program } from '../shared/program.js';
import { endpointPort, realEndpoints } from './cluster.js';
import { startProgram } from './in-namespace.js';
import type { ProberCommand } from './prober-program.js';

export interface ScaleRig {
  readonly node: Namespace;
  /** A client on the node itself: its packets pass OUTPUT. */
  readonly host: Program<ProberCommand>;
  /** Pods, and a client among them: its packets pass PREROUTING. */
  readonly pod: Program<ProberCommand>;
  close(): Promise<void>;
}

const nodeAddress = '10.244.0.1';

export async function createScaleRig(): Promise<ScaleRig> {
  const node = await createNamespace('node');
  const pods = await createNamespace('pods', { family: node });
  await connectNamespaces(
    { namespace: node, interface: 'pod0', addresses: [`${nodeAddress}/24`] },
    {
      namespace: pods,
      interface: 'eth0',
      addresses: realEndpoints.map((address) => `${address}/24`),
    },
  );
  // A ClusterIP needs a route before a rule can see it. What no rule captures ends in the other namespace.
  await ip(node, [`route add default via ${realEndpoints[0]}`]);
  await ip(pods, [`route add default via ${nodeAddress}`]);
  const host = startProgram<ProberCommand>(node, 'prober-program.js');
  const pod = startProgram<ProberCommand>(pods, 'prober-program.js');
  await pod.ask({ command: 'serve', port: endpointPort });
  return {
    node,
    host,
    pod,
    async close() {
      await Promise.all([host.close(), pod.close()]);
      await Promise.all([node.close(), pods.close()]);
    },
  };
}

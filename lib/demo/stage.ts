// demo/stage.ts: the demo's network: a node, its pods and the gateway of its default route, each a namespace of its own.
//
//   pods                                        node                              gateway
//   10.244.0.2            a client              10.244.0.1 (pods0)
//   10.244.0.11 - .14     web       eth0 ─────  192.168.77.1 (uplink0)  ───────  192.168.77.2 (eth0)
//   10.244.0.21, .22      clock                 default route by way of the gateway; 10.244.0.31, .32: signal
import type { ExecResult } from '../proxier/exec.js';
import type { Log } from '../proxier/log.js';
import { NamespaceError } from './namespace-holder.js';
import { connectNamespaces, createNamespace, ip, type Namespace } from './namespaces.js';
import { allServices, clientIp, spareIp } from './services.js';

export type Place = 'node' | 'pods' | 'gateway';

export interface Stage extends Readonly<Record<Place, Namespace>> {
  /** Ends everything that runs in the namespaces, and them. Idempotent. */
  close(): Promise<void>;
}

/**
 * Every end of a veth has an address: to an interface without one, kube-portal steers with DNAT instead of REDIRECT. A
 * ClusterIP needs a route before a rule can see its packets, hence the gateway; a packet that no rule captures gets
 * there and nowhere else.
 */
export async function createStage(log: Log): Promise<Stage> {
  const node = await createNamespace('node', { log });
  const opened = [node];
  const close = async (): Promise<void> => {
    await Promise.all(opened.map((namespace) => namespace.close()));
  };
  try {
    const pods = await createNamespace('pods', { family: node, log });
    opened.push(pods);
    const gateway = await createNamespace('gateway', { family: node, log });
    opened.push(gateway);
    const podIps = [clientIp, ...allServices.flatMap(({ endpointIps }) => endpointIps), spareIp];
    await Promise.all([
      connectNamespaces(
        { namespace: node, interface: 'pods0', addresses: ['10.244.0.1/24'] },
        { namespace: pods, interface: 'eth0', addresses: podIps.map((address) => `${address}/24`) },
      ),
      connectNamespaces(
        { namespace: node, interface: 'uplink0', addresses: ['192.168.77.1/24'] },
        { namespace: gateway, interface: 'eth0', addresses: ['192.168.77.2/24'] },
      ),
    ]);
    await Promise.all([
      ip(node, ['route add default via 192.168.77.2']),
      ip(pods, [`route add default via 10.244.0.1 src ${clientIp}`]),
      ip(gateway, ['route add 10.244.0.0/24 via 192.168.77.1']),
      // As on every node of a cluster; what a new namespace starts with depends on the machine.
      succeed(node, 'echo 1 > /proc/sys/net/ipv4/ip_forward'),
      succeed(gateway, 'echo 0 > /proc/sys/net/ipv4/ip_forward'),
    ]);
    return { node, pods, gateway, close };
  } catch (err) {
    await close();
    throw err;
  }
}

/** Runs a shell command inside; rejects with NamespaceError when its exit status is not 0. */
export async function succeed(namespace: Namespace, command: string): Promise<ExecResult> {
  const result = await namespace.run(['sh', '-c', command]);
  if (result.status === 0) return result;
  const why = result.stderr.trim() || `exit status ${result.status}`;
  throw new NamespaceError(`${command} in namespace ${namespace.name}: ${why}`);
}

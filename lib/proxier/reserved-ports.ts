// proxier/reserved-ports.ts: PURE. Ports of this host that are spoken for, so that no proxy port is put on them: nodePorts,
// health check nodePorts, and, after a start, those that rules of portals long gone still lead to.
import { ipFamilies } from '../model/ip.js';
import type { Snapshot } from '../model/snapshot.js';
import { type LocalPort, type PortPool, type PortSet, portPool } from './port-allocator.js';

export function reservedPorts(
  servicePorts: Snapshot['servicePorts'],
  others: readonly LocalPort[] = [],
): PortSet {
  const reserved = new Map<PortPool, Set<number>>();
  const reserve = (pool: PortPool, port: number): void => {
    const ofPool = reserved.get(pool);
    if (ofPool === undefined) reserved.set(pool, new Set([port]));
    else ofPool.add(port);
  };
  for (const { name, ipFamily, nodePort, healthCheckNodePort } of servicePorts.values()) {
    if (nodePort !== undefined) reserve(portPool(name.protocol, ipFamily), nodePort);
    if (healthCheckNodePort === undefined) continue;
    for (const family of ipFamilies) reserve(portPool('TCP', family), healthCheckNodePort);
  }
  for (const { pool, port } of others) reserve(pool, port);
  return reserved;
}

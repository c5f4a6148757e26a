// bench/shared/make-plane.ts: the two data planes as the benchmarks run them: all as the program's own defaults are.
import { readFileSync } from 'node:fs';
import { listenerBalancer } from '../../lib/balance/listener-balancer.js';
import { parseDescriptorLimit } from '../../lib/dataplane/connection-cap.js';
import { createLinuxDataPlane } from '../../lib/dataplane/linux/data-plane.js';
import { createNodeDataPlane } from '../../lib/dataplane/node/data-plane.js';
import type { EndpointAddress } from '../../lib/model/endpoint.js';
import type { DataPlane, ListenerConfig, ListenerSpec } from '../../lib/proxier/data-plane.js';

export type PlaneKind = DataPlane['kind'];

export const planeKinds: readonly PlaneKind[] = ['linux', 'node'];

export interface PlaneTuning {
  readonly endpointSetAsideMs: number;
  readonly udpIdleTimeoutMs?: number;
  readonly halfClosedTimeoutMs?: number;
}

export function makePlane(kind: PlaneKind, tuning: PlaneTuning): DataPlane {
  const descriptorLimit = parseDescriptorLimit(readFileSync('/proc/self/limits', 'utf8')) ?? 1024;
  if (kind === 'linux') return createLinuxDataPlane({ ...tuning, descriptorLimit });
  const { endpointSetAsideMs, ...rest } = tuning;
  return createNodeDataPlane({
    ...rest,
    descriptorLimit,
    newBalancer: () => listenerBalancer({ setAsideMs: endpointSetAsideMs }),
  });
}

export function listenerSpec(name: string, protocol: 'TCP' | 'UDP'): ListenerSpec {
  return {
    key: `bench/${name}:${protocol}`,
    servicePortName: { namespace: 'bench', name, port: 'p', protocol },
    ipFamily: 'IPv4',
    scope: 'Cluster',
  };
}

export function listenerConfig(endpoints: readonly EndpointAddress[]): ListenerConfig {
  return { endpoints, resting: [], drain: { kind: 'leave' }, replyAddresses: [] };
}

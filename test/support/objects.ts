// Kubernetes objects for tests, with only what a test wants to say.
import type { EndpointSliceObject, ServiceObject, ServicePortSpec } from '../../lib/model/kube-objects.js';

export interface ServiceWish {
  readonly namespace?: string;
  readonly ports?: readonly ServicePortSpec[];
  readonly spec?: Partial<ServiceObject['spec']>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly creationTimestamp?: string;
}

/** A ClusterIP Service with one TCP port 80, unless `wish` says otherwise. */
export function service(name: string, clusterIP: string, wish: ServiceWish = {}): ServiceObject {
  const { labels, creationTimestamp } = wish;
  return {
    kind: 'Service',
    metadata: {
      namespace: wish.namespace ?? 'default',
      name,
      ...(labels && { labels }),
      ...(creationTimestamp && { creationTimestamp }),
    },
    spec: { clusterIP, ports: wish.ports ?? [{ port: 80, protocol: 'TCP' }], ...wish.spec },
  };
}

export interface SliceWish {
  readonly namespace?: string;
  readonly sliceName?: string;
  readonly addressType?: 'IPv4' | 'IPv6';
  readonly ports?: EndpointSliceObject['ports'];
  readonly endpoints?: EndpointSliceObject['endpoints'];
  readonly annotations?: Readonly<Record<string, string>>;
}

/** A slice of ready endpoints on TCP port 8080. */
export function slice(
  serviceName: string,
  ips: readonly string[],
  wish: SliceWish = {},
): EndpointSliceObject {
  return {
    kind: 'EndpointSlice',
    metadata: {
      namespace: wish.namespace ?? 'default',
      name: wish.sliceName ?? `${serviceName}-1`,
      labels: { 'kubernetes.io/service-name': serviceName },
      ...(wish.annotations && { annotations: wish.annotations }),
    },
    addressType: wish.addressType ?? 'IPv4',
    endpoints: wish.endpoints ?? ips.map((ip) => ({ addresses: [ip] })),
    ports: wish.ports ?? [{ name: '', port: 8080, protocol: 'TCP' }],
  };
}

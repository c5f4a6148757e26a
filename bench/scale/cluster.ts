// bench/scale/cluster.ts: PURE. A cluster of any number of Services, each with ten endpoints, as an API server shows
// them. Three of the Services (first, middle, last) have endpoints that answer; nobody ever dials the others.
import type { EndpointSliceObject, ServiceObject } from '../../lib/model/kube-objects.js';

type WithVersion<T> = T & { readonly apiVersion: string };

/** One Service and its EndpointSlice. */
export interface App {
  readonly service: WithVersion<ServiceObject>;
  readonly slice: WithVersion<EndpointSliceObject>;
}

export const endpointsPerService = 10;
export const servicePort = 80;
export const endpointPort = 8080;

/** Addresses that answer: ten for the sampled Services, and one more to change to. */
export const realEndpoints: readonly string[] = Array.from(
  { length: endpointsPerService + 1 },
  (_, index) => `10.244.0.${index + 2}`,
);

/** `index` from 0; Services after the last one of the cluster are there to be added. */
export function clusterIP(index: number): string {
  return `10.96.${(index + 10) >> 8}.${(index + 10) & 255}`;
}

export function sampledServices(count: number): readonly number[] {
  return [...new Set([0, count >> 1, count - 1])];
}

export function cluster(count: number): readonly App[] {
  const real = new Set(sampledServices(count));
  return Array.from({ length: count }, (_, index) =>
    app(index, real.has(index) ? realEndpoints.slice(0, endpointsPerService) : silentEndpoints(index)),
  );
}

export function app(index: number, endpoints: readonly string[]): App {
  const name = `app-${String(index).padStart(5, '0')}`;
  const namespace = `team-${index % 50}`;
  const creationTimestamp = '2024-05-01T08:00:00Z';
  const labels = { app: name, 'app.kubernetes.io/part-of': 'shop' };
  return {
    service: {
      apiVersion: 'v1',
      kind: 'Service',
      metadata: { name, namespace, uid: uid(index, 1), creationTimestamp, labels },
      spec: {
        type: 'ClusterIP',
        clusterIP: clusterIP(index),
        clusterIPs: [clusterIP(index)],
        ipFamilies: ['IPv4'],
        internalTrafficPolicy: 'Cluster',
        sessionAffinity: 'None',
        selector: { app: name },
        ports: [{ name: 'http', protocol: 'TCP', port: servicePort, targetPort: endpointPort }],
      },
      status: { loadBalancer: {} },
    },
    slice: {
      apiVersion: 'discovery.k8s.io/v1',
      kind: 'EndpointSlice',
      metadata: {
        name: `${name}-x7k2p`,
        namespace,
        uid: uid(index, 2),
        creationTimestamp,
        labels: { ...labels, 'kubernetes.io/service-name': name },
      },
      addressType: 'IPv4',
      ports: [{ name: 'http', protocol: 'TCP', port: endpointPort }],
      endpoints: endpoints.map((address, place) => ({
        addresses: [address],
        conditions: { ready: true, serving: true, terminating: false },
        nodeName: `node-${(index + place) % 100}`,
        zone: `zone-${(index + place) % 3}`,
      })),
    },
  };
}

/** Of a network that is not routed anywhere in the benchmark's namespaces. */
function silentEndpoints(index: number): readonly string[] {
  return Array.from({ length: endpointsPerService }, (_, place) => {
    const number = index * endpointsPerService + place;
    return `10.${200 + (number >> 16)}.${(number >> 8) & 255}.${number & 255}`;
  });
}

function uid(index: number, kind: number): string {
  return `${kind.toString(16).padStart(8, '0')}-5e1f-4a7b-9c3d-${index.toString(16).padStart(12, '0')}`;
}

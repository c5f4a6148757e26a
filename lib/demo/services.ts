// demo/services.ts: PURE data: the Services of examples/demo, as the scenes speak of them. A test holds them against the
// manifests.
import type { Protocol } from '../model/service-port-name.js';

export interface ShownService {
  readonly name: string;
  /** As formatServicePortName() spells it in comments of rules and in logs. */
  readonly servicePortName: string;
  readonly clusterIp: string;
  readonly port: number;
  readonly protocol: Protocol;
  /** In the order of its EndpointSlice. */
  readonly endpointIps: readonly string[];
  readonly endpointPort: number;
  /** In examples/demo. */
  readonly file: string;
}

export const web: ShownService = {
  name: 'web',
  servicePortName: 'default/web:http',
  clusterIp: '10.96.0.80',
  port: 80,
  protocol: 'TCP',
  endpointIps: ['10.244.0.11', '10.244.0.12', '10.244.0.13'],
  endpointPort: 8080,
  file: 'web.yaml',
};

export const clock: ShownService = {
  name: 'clock',
  servicePortName: 'default/clock:time',
  clusterIp: '10.96.0.37',
  port: 37,
  protocol: 'UDP',
  endpointIps: ['10.244.0.21', '10.244.0.22'],
  endpointPort: 3737,
  file: 'clock.yaml',
};

export const signal: ShownService = {
  name: 'signal',
  servicePortName: 'default/signal:ngap',
  clusterIp: '10.96.0.38',
  port: 38_412,
  protocol: 'SCTP',
  endpointIps: ['10.244.0.31', '10.244.0.32'],
  endpointPort: 38_412,
  file: 'signal.yaml',
};

/** Those that are in every scene. `signal` has one of its own: raw sockets may not be permitted. */
export const shownServices: readonly ShownService[] = [web, clock];
export const allServices: readonly ShownService[] = [...shownServices, signal];

/** Has no server at first: it replaces one of web's endpoints. */
export const spareIp = '10.244.0.14';

/** The address of the pod that asks. */
export const clientIp = '10.244.0.2';

/** The range that the example's ClusterIPs are from. */
export const clusterCidr = '10.96.0.0/16';

/** `http://10.96.0.80`, `udp://10.96.0.37:37`, `sctp://10.96.0.38:38412`: where clients of the Service ask. */
export function serviceUrl({ clusterIp, port, protocol }: ShownService): string {
  if (protocol === 'TCP') return port === 80 ? `http://${clusterIp}` : `http://${clusterIp}:${port}`;
  return `${protocol.toLowerCase()}://${clusterIp}:${port}`;
}

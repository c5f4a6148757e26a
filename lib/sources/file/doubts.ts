// sources/file/doubts.ts: values of the right type that can't work: ports out of range, texts that are no IP address.
// Nothing is refused for them here: the model leaves out just that port or address. Only this layer knows where in
// the file it stands, so it says so.
import { type IpFamily, ipFamilyOf, looseIp } from '../../model/ip.js';
import type { KubeObject, ServiceObject } from '../../model/kube-objects.js';
import { isGiven } from '../../model/loose-fields.js';
import { servicePortsOf } from '../../model/service-ports.js';
import { type FieldPath, formatFieldPath } from './text-position.js';

export interface Doubt {
  readonly path: FieldPath;
  readonly message: string;
}

/** Every doubt about one object, in the order of its fields. */
export function doubtsOf(object: KubeObject): readonly Doubt[] {
  const doubts: Doubt[] = [];
  const checkPort = (value: number | undefined, path: FieldPath, lowest = 1): void => {
    if (value === undefined || (value >= lowest && value <= 65535)) return;
    doubts.push({ path, message: `expected a number from ${lowest} to 65535, got ${value}` });
  };
  const checkIp = (value: string | undefined, path: FieldPath, family?: IpFamily): void => {
    if (value === undefined) return;
    const actual = ipFamilyOf(looseIp(value) ?? value);
    if (actual !== undefined && (family === undefined || actual === family)) return;
    doubts.push({ path, message: `expected an ${family ?? 'IP'} address, got ${JSON.stringify(value)}` });
  };
  // '' is not assigned yet, None is headless.
  const checkClusterIp = (value: string | undefined, path: FieldPath): void => {
    if (value !== '' && value !== 'None') checkIp(value, path);
  };

  switch (object.kind) {
    case 'Service': {
      const { spec } = object;
      checkClusterIp(spec.clusterIP, ['spec', 'clusterIP']);
      spec.clusterIPs?.forEach((ip, i) => {
        checkClusterIp(ip, ['spec', 'clusterIPs', i]);
      });
      spec.ports?.forEach((port, i) => {
        checkPort(port.port, ['spec', 'ports', i, 'port']);
        if (typeof port.targetPort === 'number') {
          checkPort(port.targetPort, ['spec', 'ports', i, 'targetPort'], 0);
        }
        checkPort(port.nodePort, ['spec', 'ports', i, 'nodePort'], 0);
      });
      spec.externalIPs?.forEach((ip, i) => {
        checkIp(ip, ['spec', 'externalIPs', i]);
      });
      return [...doubts, ...modelDoubts(object, doubts)];
    }
    case 'EndpointSlice': {
      const { addressType } = object;
      object.endpoints.forEach((endpoint, i) => {
        if (addressType === 'FQDN') return;
        endpoint.addresses.forEach((ip, j) => {
          checkIp(ip, ['endpoints', i, 'addresses', j], addressType);
        });
      });
      object.ports.forEach((port, i) => {
        checkPort(port.port, ['ports', i, 'port']);
      });
      return doubts;
    }
    case 'Endpoints':
      object.subsets.forEach((subset, i) => {
        for (const field of ['addresses', 'notReadyAddresses'] as const) {
          subset[field]?.forEach((address, j) => {
            checkIp(address.ip, ['subsets', i, field, j, 'ip']);
          });
        }
        subset.ports?.forEach((port, j) => {
          checkPort(port.port, ['subsets', i, 'ports', j, 'port']);
        });
      });
      return doubts;
    case 'Node':
      return doubts;
  }
}

/** What else the model finds wrong with values that are there: policies, ranges, timeouts, two ports of one name. */
function modelDoubts(service: ServiceObject, known: readonly Doubt[]): readonly Doubt[] {
  const knownFields = new Set(known.map(({ path }) => formatFieldPath(path)));
  return servicePortsOf(service).problems.flatMap(({ field, message }) => {
    const path = parseFieldPath(field);
    const isThere = isGiven(path.reduce<unknown>((value, step) => fieldOf(value, step), service));
    return isThere && !knownFields.has(field) ? [{ path, message }] : [];
  });
}

/** `spec.ports[0].port`, `metadata.annotations[kube-portal/drain]`: indexes are numbers. */
function parseFieldPath(field: string): FieldPath {
  return [...field.matchAll(/([^.[\]]+)|\[([^\]]*)\]/g)].map(([, name, inner = '']) =>
    name !== undefined ? name : /^\d+$/.test(inner) ? Number(inner) : inner,
  );
}

function fieldOf(value: unknown, step: string | number): unknown {
  return typeof value === 'object' && value !== null
    ? (value as Readonly<Record<string | number, unknown>>)[step]
    : undefined;
}

// sources/kube/convert-service.ts: a core/v1 Service in JSON to a ServiceObject. Pure.
import type { ServiceObject, ServicePortSpec } from '../../model/kube-objects.js';
import type { Protocol } from '../../model/service-port-name.js';
import { type Converted, convertObject, isKubernetesOwn, isWrong, missing, readMeta } from './convert.js';
import {
  type Fields,
  present,
  readBoolean,
  readFields,
  readFieldsList,
  readInteger,
  readIntegerOrString,
  readListOf,
  readOneOf,
  readString,
  readStringMap,
  readStrings,
} from './fields.js';

const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];
const policies = ['Cluster', 'Local'] as const;

export function convertService(raw: unknown): Converted<ServiceObject> {
  return convertObject(raw, (fields) => {
    const metadata = readMeta(fields, 'namespaced', isKubernetesOwn);
    const spec = readFields(fields, 'spec');
    if (metadata === undefined) return undefined;
    if (spec === undefined) return missing(fields, 'spec');
    return present<ServiceObject>({
      kind: 'Service',
      metadata,
      spec: readServiceSpec(spec),
      status: readServiceStatus(fields),
    });
  });
}

function readServiceSpec(spec: Fields): ServiceObject['spec'] {
  return present<ServiceObject['spec']>({
    type: readOneOf(spec, 'type', ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName']),
    clusterIP: readString(spec, 'clusterIP'),
    clusterIPs: readStrings(spec, 'clusterIPs'),
    ipFamilies: readListOf(spec, 'ipFamilies', ['IPv4', 'IPv6']),
    ports: readFieldsList(spec, 'ports')?.flatMap(readServicePort),
    selector: readStringMap(spec, 'selector', () => true),
    externalIPs: readStrings(spec, 'externalIPs'),
    sessionAffinity: readOneOf(spec, 'sessionAffinity', ['None', 'ClientIP']),
    sessionAffinityConfig: readAffinityConfig(spec),
    internalTrafficPolicy: readOneOf(spec, 'internalTrafficPolicy', policies),
    externalTrafficPolicy: readOneOf(spec, 'externalTrafficPolicy', policies),
    healthCheckNodePort: readInteger(spec, 'healthCheckNodePort'),
    allocateLoadBalancerNodePorts: readBoolean(spec, 'allocateLoadBalancerNodePorts'),
    loadBalancerSourceRanges: readStrings(spec, 'loadBalancerSourceRanges'),
    publishNotReadyAddresses: readBoolean(spec, 'publishNotReadyAddresses'),
    trafficDistribution: readString(spec, 'trafficDistribution'),
  });
}

/** A port without a number, or of a protocol we do not know, is no port: TCP must not be guessed from `"QUIC"`. */
function readServicePort(port: Fields): readonly ServicePortSpec[] {
  const number = readInteger(port, 'port');
  if (number === undefined) missing(port, 'port');
  const protocol = readOneOf(port, 'protocol', protocols);
  if (number === undefined || isWrong(port, 'protocol', protocol)) return [];
  return [
    present<ServicePortSpec>({
      name: readString(port, 'name'),
      protocol,
      port: number,
      targetPort: readIntegerOrString(port, 'targetPort'),
      nodePort: readInteger(port, 'nodePort'),
    }),
  ];
}

function readAffinityConfig(spec: Fields): ServiceObject['spec']['sessionAffinityConfig'] {
  const config = readFields(spec, 'sessionAffinityConfig');
  const clientIP = config && readFields(config, 'clientIP');
  if (clientIP === undefined) return undefined;
  return {
    clientIP: present<{ timeoutSeconds?: number }>({
      timeoutSeconds: readInteger(clientIP, 'timeoutSeconds'),
    }),
  };
}

function readServiceStatus(fields: Fields): ServiceObject['status'] {
  const status = readFields(fields, 'status');
  const loadBalancer = status && readFields(status, 'loadBalancer');
  const ingress = loadBalancer && readFieldsList(loadBalancer, 'ingress');
  if (ingress === undefined) return undefined;
  return {
    loadBalancer: {
      ingress: ingress.map((one) =>
        present<{ ip?: string; hostname?: string; ipMode?: string }>({
          ip: readString(one, 'ip'),
          hostname: readString(one, 'hostname'),
          ipMode: readString(one, 'ipMode'),
        }),
      ),
    },
  };
}

// sources/kube/convert-endpoint-slice.ts: a discovery.k8s.io/v1 EndpointSlice in JSON to an EndpointSliceObject. Pure.
import type { EndpointSliceObject, SliceEndpoint, SlicePort } from '../../model/kube-objects.js';
import type { Protocol } from '../../model/service-port-name.js';
import { type Converted, convertObject, isKubernetesOwn, isWrong, missing, readMeta } from './convert.js';
import {
  type Fields,
  present,
  readBoolean,
  readFields,
  readFieldsList,
  readInteger,
  readOneOf,
  readString,
  readStrings,
} from './fields.js';

const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];

export function convertEndpointSlice(raw: unknown): Converted<EndpointSliceObject> {
  return convertObject(raw, (fields) => {
    const metadata = readMeta(fields, 'namespaced', isKubernetesOwn);
    const addressType = readOneOf(fields, 'addressType', ['IPv4', 'IPv6', 'FQDN']);
    if (metadata === undefined) return undefined;
    if (addressType === undefined) return missing(fields, 'addressType');
    return {
      kind: 'EndpointSlice',
      metadata,
      addressType,
      endpoints: readFieldsList(fields, 'endpoints')?.map(readSliceEndpoint) ?? [],
      ports: readFieldsList(fields, 'ports')?.flatMap(readSlicePort) ?? [],
    };
  });
}

function readSliceEndpoint(endpoint: Fields): SliceEndpoint {
  const conditions = readFields(endpoint, 'conditions');
  const hints = readFields(endpoint, 'hints');
  return present<SliceEndpoint>({
    addresses: readStrings(endpoint, 'addresses') ?? [],
    conditions:
      conditions &&
      present<NonNullable<SliceEndpoint['conditions']>>({
        ready: readBoolean(conditions, 'ready'),
        serving: readBoolean(conditions, 'serving'),
        terminating: readBoolean(conditions, 'terminating'),
      }),
    nodeName: readString(endpoint, 'nodeName'),
    zone: readString(endpoint, 'zone'),
    hints:
      hints &&
      present<NonNullable<SliceEndpoint['hints']>>({
        forZones: readNames(hints, 'forZones'),
        forNodes: readNames(hints, 'forNodes'),
      }),
  });
}

/** As with a Service's: a port of a protocol we do not know must not become TCP. */
function readSlicePort(port: Fields): readonly SlicePort[] {
  const protocol = readOneOf(port, 'protocol', protocols);
  if (isWrong(port, 'protocol', protocol)) return [];
  return [present<SlicePort>({ name: readString(port, 'name'), protocol, port: readInteger(port, 'port') })];
}

function readNames(fields: Fields, name: string): readonly { readonly name: string }[] | undefined {
  return readFieldsList(fields, name)?.flatMap((element) => {
    const value = readString(element, 'name');
    return value === undefined ? [] : [{ name: value }];
  });
}

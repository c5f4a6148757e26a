// model/endpoint-groups.ts: the ports and the addresses of one slice or subset, each with each, as EndpointGroups.
import type { Endpoint } from './endpoint.js';
import type { IpFamily } from './ip.js';
import { fieldsOf, isListOrAbsent, isPort, listOf, protocolOf, type Report, show } from './loose-fields.js';
import type { Protocol } from './service-port-name.js';
import type { EndpointGroup } from './slice-record.js';

/** Returns an equal string, the same one for equal ones where that is free: 100,000 endpoints name few nodes. */
export type ShareString = (text: string) => string;

export type EndpointMember = Omit<Endpoint, 'port'>;

export interface EndpointPort {
  readonly name: string;
  readonly protocol: Protocol;
  readonly port: number;
}

/**
 * The ports at `at`, wrong ones left out. A name that is nil is '' (the API's own default, which a hand-written slice
 * does not get). A number that is nil or 0 means "any port" to other readers of slices; a Service can't use it.
 */
export function endpointPortsOf(value: unknown, at: string, report: Report): readonly EndpointPort[] {
  if (!isListOrAbsent(value)) report(at, `is ${show(value)}, not a list`);
  return listOf(value).flatMap((entry, index): EndpointPort[] => {
    const { name: givenName, protocol: givenProtocol, port } = fieldsOf(entry);
    const name = givenName ?? '';
    const protocol = protocolOf(givenProtocol);
    const field = `${at}[${index}]`;
    if (typeof name !== 'string') report(`${field}.name`, `${show(name)} is not a port name`);
    else if (protocol === undefined)
      report(`${field}.protocol`, `${show(givenProtocol)} is not TCP, UDP or SCTP`);
    else if (!isPort(port)) report(`${field}.port`, `${show(port)} is not an integer from 1 to 65535`);
    else return [{ name, protocol, port }];
    return [];
  });
}

/** No groups without members: an empty slice takes next to no memory. */
export function endpointGroups(
  ipFamily: IpFamily,
  ports: readonly EndpointPort[],
  members: readonly EndpointMember[],
): readonly EndpointGroup[] {
  if (members.length === 0) return [];
  return ports.map(({ name, protocol, port }) => ({
    ipFamily,
    portName: name,
    protocol,
    endpoints: members.map((member) => endpointOf(member, port)),
  }));
}

/**
 * Absent fields stay absent, and the fields always come in one order: objects of few shapes are small. Hints are rare
 * enough to be added by a copy.
 */
function endpointOf(member: EndpointMember, port: number): Endpoint {
  const { zoneHints, nodeHints } = member;
  const endpoint = plainEndpointOf(member, port);
  if (zoneHints === undefined && nodeHints === undefined) return endpoint;
  return {
    ...endpoint,
    ...(zoneHints !== undefined && { zoneHints }),
    ...(nodeHints !== undefined && { nodeHints }),
  };
}

function plainEndpointOf(
  { ip, ready, serving, terminating, nodeName, zone }: EndpointMember,
  port: number,
): Endpoint {
  if (nodeName === undefined) {
    return zone === undefined
      ? { ip, port, ready, serving, terminating }
      : { ip, port, ready, serving, terminating, zone };
  }
  return zone === undefined
    ? { ip, port, ready, serving, terminating, nodeName }
    : { ip, port, ready, serving, terminating, nodeName, zone };
}

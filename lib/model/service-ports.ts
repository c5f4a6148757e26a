// model/service-ports.ts: a Service object becomes the ServicePorts that are served for it, one per port and IP family.
// What is wrong with one port or address leaves out that one alone, and says so.
import { clusterIpsOf } from './cluster-ips.js';
import { externalAddressesOf } from './external-addresses.js';
import { flatString } from './flat-string.js';
import type { ServiceObject } from './kube-objects.js';
import {
  type Fields,
  fieldsOf,
  isGiven,
  isListOrAbsent,
  isPort,
  listOf,
  protocolOf,
  type Report,
  show,
  textOf,
} from './loose-fields.js';
import { metadataProblems, refTextOf } from './object-names.js';
import { sameServicePort } from './same-service-port.js';
import type { ServicePort } from './service-port.js';
import { type ServicePortName, servicePortKey } from './service-port-name.js';
import { type ServiceType, serviceTrafficOf, serviceTypeOf } from './service-traffic.js';
import { sameLists, sameProblems } from './slice-record.js';
import type { ModelProblem } from './snapshot.js';

export interface ConvertedService {
  readonly servicePorts: readonly ServicePort[];
  readonly problems: readonly ModelProblem[];
  /** Why nothing here is to serve it, and that is as it should be: `spec.type is ExternalName`. */
  readonly notForUs?: string;
}

/** Somebody else proxies the Service, or it was marked as one that nobody should (well-known labels). */
const unservedLabels = ['service.kubernetes.io/service-proxy-name', 'service.kubernetes.io/headless'];

/** A ServicePort that equals one of `previous` is that object again: later layers take identity for "unchanged". */
export function servicePortsOf(
  service: ServiceObject,
  previous: readonly ServicePort[] = [],
): ConvertedService {
  const wrongMetadata = metadataProblems(service);
  if (wrongMetadata.length > 0) return { servicePorts: [], problems: wrongMetadata };
  const problems: ModelProblem[] = [];
  const object = refTextOf(service);
  const report: Report = (field, message) => problems.push({ object, field, message });
  const spec = fieldsOf(service.spec);
  const notForUs = whyNotForUs(service, spec);
  if (notForUs !== undefined) return { servicePorts: [], problems, notForUs };
  const clusterIps = clusterIpsOf(spec, report);
  if (clusterIps.length === 0) return { servicePorts: [], problems };
  const type = serviceTypeOf(spec, report);
  const ports = portsOf(service, spec, type, report);
  const traffic = serviceTrafficOf(service, spec, type, report);
  const served = clusterIps.map(({ ipFamily }) => ipFamily);
  const external = externalAddressesOf(service, spec, type, served, report);
  const creationTimestamp = textOf(service.metadata.creationTimestamp);
  const known = new Map(previous.map((servicePort) => [servicePort.key, servicePort]));
  const servicePorts = clusterIps.flatMap(({ ip, ipFamily }) =>
    ports.map(({ name, port, nodePort }): ServicePort => {
      const made: ServicePort = {
        key: flatString(servicePortKey(name, ipFamily)),
        name,
        ipFamily,
        clusterIP: ip,
        port,
        ...(creationTimestamp !== undefined && { creationTimestamp }),
        ...(nodePort !== undefined && { nodePort }),
        ...external[ipFamily],
        ...traffic,
      };
      const before = known.get(made.key);
      return before !== undefined && sameServicePort(before, made) ? before : made;
    }),
  );
  // slice(): flatMap() and spreading leave room for 16 more, which kept lists of one can do without.
  return { servicePorts: servicePorts.slice(), problems };
}

/** True where the two are served alike. */
export function sameService(a: ConvertedService, b: ConvertedService): boolean {
  return (
    a.notForUs === b.notForUs &&
    sameLists(a.servicePorts, b.servicePorts, sameServicePort) &&
    sameProblems(a.problems, b.problems)
  );
}

interface NamedPort {
  readonly name: ServicePortName;
  readonly port: number;
  readonly nodePort: number | undefined;
}

function whyNotForUs(service: ServiceObject, spec: Fields): string | undefined {
  const labels = fieldsOf(service.metadata.labels);
  const label = unservedLabels.find((one) => one in labels);
  if (label !== undefined) return `it has the label ${label}`;
  if (spec.type === 'ExternalName') return 'spec.type is ExternalName';
  const isHeadless = spec.clusterIP === 'None' || listOf(spec.clusterIPs)[0] === 'None';
  if (!isHeadless) return undefined;
  const selects = Object.keys(fieldsOf(spec.selector)).length > 0;
  return `it is headless (spec.clusterIP is None)${selects ? '' : ' and has no selector'}`;
}

function portsOf(
  service: ServiceObject,
  spec: Fields,
  type: ServiceType,
  report: Report,
): readonly NamedPort[] {
  if (!isListOrAbsent(spec.ports)) report('spec.ports', `is ${show(spec.ports)}, not a list`);
  const names = new Set<string>();
  const taken = new Set<string>();
  return listOf(spec.ports).flatMap((entry, index): NamedPort[] => {
    const at = `spec.ports[${index}]`;
    const { name: givenName, port, protocol: givenProtocol, nodePort } = fieldsOf(entry);
    const protocol = protocolOf(givenProtocol);
    const name = portNameOf(givenName);
    if (name === undefined) report(`${at}.name`, `${show(givenName)} is not a port name`);
    else if (names.has(name)) report(`${at}.name`, `${show(name)} is the name of an earlier port`);
    else if (protocol === undefined)
      report(`${at}.protocol`, `${show(givenProtocol)} is not TCP, UDP or SCTP`);
    else if (!isPort(port)) report(`${at}.port`, `${show(port)} is not an integer from 1 to 65535`);
    else if (taken.has(`${port}/${protocol}`)) report(`${at}.port`, `${port}/${protocol} is an earlier port`);
    else {
      names.add(name);
      taken.add(`${port}/${protocol}`);
      const { namespace, name: serviceName } = service.metadata;
      return [
        {
          name: { namespace, name: serviceName, port: name, protocol },
          port,
          nodePort: nodePortOf(nodePort, type, `${at}.nodePort`, report),
        },
      ];
    }
    return [];
  });
}

/**
 * 0 is not set. A number counts whatever allocateLoadBalancerNodePorts says: the API keeps one that was asked for, and
 * without one there is nobody here to allocate it.
 */
function nodePortOf(value: unknown, type: ServiceType, field: string, report: Report): number | undefined {
  if (!isGiven(value) || value === 0) {
    if (type === 'NodePort')
      report(field, 'is not set: the port has no node port, and none is allocated here');
    return undefined;
  }
  if (!isPort(value)) report(field, `${show(value)} is not an integer from 1 to 65535`);
  else if (type === 'ClusterIP') report(field, `${value} is not used: spec.type is ClusterIP`);
  else return value;
  return undefined;
}

/** '' for an unnamed port; undefined for what can't be a name: it would break keys and rule comments. */
function portNameOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' && /^[-A-Za-z0-9_.]{0,63}$/.test(value) ? value : undefined;
}

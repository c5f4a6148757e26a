// model/service-ports.ts: a Service object becomes the ServicePorts that are served for it, one per port and IP family.
// What is wrong with one port or address leaves out that one alone, and says so.
import { flatString } from './flat-string.js';
import { type IpFamily, ipFamilies } from './ip.js';
import type { ServiceObject } from './kube-objects.js';
import {
  type Fields,
  fieldsOf,
  isListOrAbsent,
  isPort,
  listOf,
  protocolOf,
  show,
  textOf,
} from './loose-fields.js';
import { metadataProblems, refTextOf } from './object-names.js';
import type { ServicePort } from './service-port.js';
import { type ServicePortName, servicePortKey } from './service-port-name.js';
import { sameLists, sameProblems } from './slice-record.js';
import type { ModelProblem } from './snapshot.js';
import { unicastIp } from './unicast-ip.js';

export interface ConvertedService {
  readonly servicePorts: readonly ServicePort[];
  readonly problems: readonly ModelProblem[];
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
  if (!isForUs(service, spec)) return { servicePorts: [], problems };
  const addresses = addressesOf(spec, report);
  const ports = addresses.length === 0 ? [] : portsOf(service, spec, report);
  const creationTimestamp = textOf(service.metadata.creationTimestamp);
  const known = new Map(previous.map((servicePort) => [servicePort.key, servicePort]));
  const servicePorts = addresses.flatMap(({ ip, ipFamily }) =>
    ports.map(({ name, port }): ServicePort => {
      const key = flatString(servicePortKey(name, ipFamily));
      const made: ServicePort =
        creationTimestamp === undefined
          ? { key, name, ipFamily, clusterIP: ip, port }
          : { key, name, ipFamily, clusterIP: ip, port, creationTimestamp };
      const before = known.get(key);
      return before !== undefined && sameServicePort(before, made) ? before : made;
    }),
  );
  // slice(): flatMap() and spreading leave room for 16 more, which kept lists of one can do without.
  return { servicePorts: servicePorts.slice(), problems };
}

/** True where the two are served alike. */
export function sameService(a: ConvertedService, b: ConvertedService): boolean {
  return sameLists(a.servicePorts, b.servicePorts, sameServicePort) && sameProblems(a.problems, b.problems);
}

type Report = (field: string, message: string) => void;

interface NamedPort {
  readonly name: ServicePortName;
  readonly port: number;
}

function isForUs(service: ServiceObject, spec: Fields): boolean {
  const labels = fieldsOf(service.metadata.labels);
  if (unservedLabels.some((label) => label in labels)) return false;
  if (spec.type === 'ExternalName') return false;
  return spec.clusterIP !== 'None' && listOf(spec.clusterIPs)[0] !== 'None';
}

/** At most one address of each family. clusterIP repeats clusterIPs[0] where both are given. */
function addressesOf(spec: Fields, report: Report): readonly { ip: string; ipFamily: IpFamily }[] {
  if (!isListOrAbsent(spec.clusterIPs)) report('spec.clusterIPs', `is ${show(spec.clusterIPs)}, not a list`);
  const list = listOf(spec.clusterIPs).filter((value) => value !== '');
  const claimed = list.map((value, index) => ({ value, field: `spec.clusterIPs[${index}]` }));
  if (claimed.length === 0 && isGiven(spec.clusterIP)) {
    claimed.push({ value: spec.clusterIP, field: 'spec.clusterIP' });
  } else if (isGiven(spec.clusterIP) && spec.clusterIP !== list[0]) {
    report('spec.clusterIP', `${show(spec.clusterIP)} is not the first of spec.clusterIPs, which are used`);
  }
  if (claimed.length === 0) report('spec.clusterIP', 'is not set: the Service is not served');
  const byFamily = new Map<IpFamily, string>();
  for (const { value, field } of claimed) {
    const address = unicastIp(value);
    if (!address.ok) report(field, address.message);
    else if (byFamily.has(address.ipFamily)) report(field, `is a second ${address.ipFamily} address`);
    else byFamily.set(address.ipFamily, address.ip);
  }
  return ipFamilies.flatMap((ipFamily) => {
    const ip = byFamily.get(ipFamily);
    return ip === undefined ? [] : [{ ip, ipFamily }];
  });
}

function portsOf(service: ServiceObject, spec: Fields, report: Report): readonly NamedPort[] {
  if (!isListOrAbsent(spec.ports)) report('spec.ports', `is ${show(spec.ports)}, not a list`);
  const names = new Set<string>();
  const taken = new Set<string>();
  return listOf(spec.ports).flatMap((entry, index): NamedPort[] => {
    const at = `spec.ports[${index}]`;
    const { name: givenName, port, protocol: givenProtocol } = fieldsOf(entry);
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
      return [{ name: { namespace, name: serviceName, port: name, protocol }, port }];
    }
    return [];
  });
}

/** '' for an unnamed port; undefined for what can't be a name: it would break keys and rule comments. */
function portNameOf(value: unknown): string | undefined {
  if (value === undefined || value === null) return '';
  return typeof value === 'string' && /^[-A-Za-z0-9_.]{0,63}$/.test(value) ? value : undefined;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}

function sameServicePort(a: ServicePort, b: ServicePort): boolean {
  return (
    a.key === b.key &&
    a.clusterIP === b.clusterIP &&
    a.port === b.port &&
    a.creationTimestamp === b.creationTimestamp
  );
}

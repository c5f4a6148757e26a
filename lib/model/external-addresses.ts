// model/external-addresses.ts: the addresses besides its clusterIPs that a Service is reached by, by IP family, and who
// may use those of load balancers. Wrong ones are problems and are left out alone.
import { type Cidr, cidrOf } from './cidr.js';
import { type IpFamily, ipFamilies } from './ip.js';
import type { ServiceObject } from './kube-objects.js';
import { type Fields, fieldsOf, isGiven, isListOrAbsent, listOf, type Report, show } from './loose-fields.js';
import type { ServicePort } from './service-port.js';
import type { ServiceType } from './service-traffic.js';
import { unicastIp } from './unicast-ip.js';

export type ExternalAddresses = Pick<ServicePort, 'externalIPs' | 'loadBalancerIPs' | 'sourceRanges'>;

/** From before there was spec.loadBalancerSourceRanges, which wins over it; ranges with commas between them. */
const sourceRangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges';

/** `served` are the families that the Service has a clusterIP of. */
export function externalAddressesOf(
  service: ServiceObject,
  spec: Fields,
  type: ServiceType,
  served: readonly IpFamily[],
  report: Report,
): Readonly<Record<IpFamily, ExternalAddresses>> {
  const external = externalIPsOf(spec, served, report);
  const isBalanced = type === 'LoadBalancer';
  const ingress = isBalanced ? ingressOf(service, report) : [];
  const ranges = isBalanced ? sourceRangesOf(service, spec, report) : undefined;
  const ofFamily = (ipFamily: IpFamily): ExternalAddresses => {
    const externalIPs = distinct(external, ipFamily);
    const loadBalancerIPs = distinct(ingress, ipFamily);
    const sourceRanges = ranges && rangesFor(ipFamily, ranges);
    if (sourceRanges?.length === 0 && loadBalancerIPs.length > 0) {
      const message = `${loadBalancerIPs.join(', ')} is closed to everybody: none of the ranges is ${ipFamily}`;
      report('spec.loadBalancerSourceRanges', message);
    }
    return {
      ...(externalIPs.length > 0 && { externalIPs }),
      ...(loadBalancerIPs.length > 0 && { loadBalancerIPs }),
      ...(loadBalancerIPs.length > 0 && sourceRanges !== undefined && { sourceRanges }),
    };
  };
  const [IPv4, IPv6] = ipFamilies.map((ipFamily) => (served.includes(ipFamily) ? ofFamily(ipFamily) : {}));
  return { IPv4: IPv4 ?? {}, IPv6: IPv6 ?? {} };
}

interface Address {
  readonly ip: string;
  readonly ipFamily: IpFamily;
}

function externalIPsOf(spec: Fields, served: readonly IpFamily[], report: Report): readonly Address[] {
  if (!isListOrAbsent(spec.externalIPs))
    report('spec.externalIPs', `is ${show(spec.externalIPs)}, not a list`);
  return listOf(spec.externalIPs).flatMap((value, index): Address[] => {
    const field = `spec.externalIPs[${index}]`;
    const address = unicastIp(value);
    if (!address.ok) report(field, address.message);
    else if (!served.includes(address.ipFamily)) {
      report(field, `is ${address.ipFamily}, and the Service has no clusterIP of that family: not served`);
    } else return [address];
    return [];
  });
}

/**
 * Addresses at which the load balancer leaves the packets' destination as it is. With ipMode Proxy they arrive for some
 * other address, and a shortcut from inside the cluster would miss what the load balancer does to them (KEP-1860).
 */
function ingressOf(service: ServiceObject, report: Report): readonly Address[] {
  const { loadBalancer } = fieldsOf(fieldsOf(service).status);
  const { ingress } = fieldsOf(loadBalancer);
  const at = 'status.loadBalancer.ingress';
  if (!isListOrAbsent(ingress)) report(at, `is ${show(ingress)}, not a list`);
  return listOf(ingress).flatMap((entry, index): Address[] => {
    const { ip, ipMode } = fieldsOf(entry);
    if (!isGiven(ip) || ipMode === 'Proxy') return [];
    const address = unicastIp(ip);
    if (!address.ok) report(`${at}[${index}].ip`, address.message);
    else if (isGiven(ipMode) && ipMode !== 'VIP') {
      report(`${at}[${index}].ipMode`, `${show(ipMode)} is not VIP or Proxy: ${address.ip} is not served`);
    } else return [address];
    return [];
  });
}

/** undefined: none were given. Wrong ones are left out, so that nobody gets in by mistake. */
function sourceRangesOf(service: ServiceObject, spec: Fields, report: Report): readonly Cidr[] | undefined {
  const { loadBalancerSourceRanges: list } = spec;
  if (!isListOrAbsent(list)) {
    report('spec.loadBalancerSourceRanges', `is ${show(list)}, not a list`);
    return [];
  }
  const ofSpec = listOf(list).map((value, index) => ({
    value,
    field: `spec.loadBalancerSourceRanges[${index}]`,
  }));
  const given = ofSpec.length > 0 ? ofSpec : annotatedRanges(service);
  if (given.length === 0) return undefined;
  return given.flatMap(({ value, field }): Cidr[] => {
    // The API lets blanks around a range pass.
    const cidr = typeof value === 'string' ? cidrOf(value.trim()) : undefined;
    if (cidr !== undefined) return [cidr];
    report(field, `${show(value)} is not a range of addresses such as 192.0.2.0/24`);
    return [];
  });
}

function annotatedRanges(service: ServiceObject): readonly { value: unknown; field: string }[] {
  const value = fieldsOf(service.metadata.annotations)[sourceRangesAnnotation];
  if (typeof value !== 'string' || value.trim() === '') return [];
  const field = `metadata.annotations[${sourceRangesAnnotation}]`;
  return value.split(',').map((range) => ({ value: range.trim(), field }));
}

/** undefined: everybody. A range of all addresses, of either family, opens the other family as well (0.0.0.0/0). */
function rangesFor(ipFamily: IpFamily, ranges: readonly Cidr[]): readonly string[] | undefined {
  const own = ranges.filter((range) => range.ipFamily === ipFamily);
  const relevant = own.length > 0 ? own : ranges;
  if (relevant.some(({ prefixLength }) => prefixLength === 0)) return undefined;
  return [...new Set(own.map(({ text }) => text))];
}

function distinct(addresses: readonly Address[], ipFamily: IpFamily): readonly string[] {
  return [...new Set(addresses.filter((address) => address.ipFamily === ipFamily).map(({ ip }) => ip))];
}

// model/cluster-ips.ts: the clusterIPs of a Service, at most one of each family.
import { type IpFamily, ipFamilies } from './ip.js';
import { type Fields, isGiven, isListOrAbsent, listOf, type Report, show } from './loose-fields.js';
import { unicastIp } from './unicast-ip.js';

export interface ClusterIp {
  readonly ip: string;
  readonly ipFamily: IpFamily;
}

/** clusterIP repeats clusterIPs[0] where both are given. */
export function clusterIpsOf(spec: Fields, report: Report): readonly ClusterIp[] {
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

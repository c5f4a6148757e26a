// model/node-facts.ts: what is known of the node that this program runs on: its name from the command line, the rest from
// its Node object, which may come late or never.
import { cidrOf } from './cidr.js';
import type { IpFamily } from './ip.js';
import type { NodeObject } from './kube-objects.js';
import { fieldsOf, isListOrAbsent, listOf, type Report, show, textOf } from './loose-fields.js';
import { sameTexts } from './slice-record.js';

export interface NodeFacts {
  /** Endpoints with this nodeName are local; '': none are. */
  readonly name: string;
  /** The label topology.kubernetes.io/zone; '': unknown. */
  readonly zone: string;
  /** Canonical, in the order of spec.podCIDRs. */
  readonly podCIDRs: Readonly<Record<IpFamily, readonly string[]>>;
  /** False: it is going away, and load balancers should leave it alone, as kube-proxy 1.36 decides it. */
  readonly eligible: boolean;
}

const zoneLabel = 'topology.kubernetes.io/zone';

/** The cluster autoscaler sets it before it deletes a Node. */
const toBeDeletedTaint = 'ToBeDeletedByClusterAutoscaler';

/** Of which no object has come so far; nothing speaks against it. */
export function unknownNode(name: string): NodeFacts {
  return { name, zone: '', podCIDRs: { IPv4: [], IPv6: [] }, eligible: true };
}

/** Whose object was deleted. */
export function goneNode(name: string): NodeFacts {
  return { ...unknownNode(name), eligible: false };
}

/** Wrong podCIDRs are reported and left out. */
export function nodeFactsOf(node: NodeObject, report: Report): NodeFacts {
  const { metadata, spec } = fieldsOf(node);
  const { name, labels, deletionTimestamp } = fieldsOf(metadata);
  const { podCIDRs, taints } = fieldsOf(spec);
  const isTainted = listOf(taints).some((taint) => fieldsOf(taint).key === toBeDeletedTaint);
  if (!isListOrAbsent(podCIDRs)) report('spec.podCIDRs', `is ${show(podCIDRs)}, not a list`);
  const cidrs = listOf(podCIDRs).flatMap((value, index) => {
    const cidr = typeof value === 'string' ? cidrOf(value) : undefined;
    if (cidr === undefined) report(`spec.podCIDRs[${index}]`, `${show(value)} is not a range of addresses`);
    return cidr === undefined ? [] : [cidr];
  });
  const of = (ipFamily: IpFamily): readonly string[] =>
    cidrs.filter((cidr) => cidr.ipFamily === ipFamily).map(({ text }) => text);
  return {
    name: textOf(name) ?? '',
    zone: textOf(fieldsOf(labels)[zoneLabel]) ?? '',
    podCIDRs: { IPv4: of('IPv4'), IPv6: of('IPv6') },
    eligible: textOf(deletionTimestamp) === undefined && !isTainted,
  };
}

export function sameNodeFacts(a: NodeFacts, b: NodeFacts): boolean {
  return (
    a.name === b.name &&
    a.zone === b.zone &&
    a.eligible === b.eligible &&
    sameTexts(a.podCIDRs.IPv4, b.podCIDRs.IPv4) &&
    sameTexts(a.podCIDRs.IPv6, b.podCIDRs.IPv6)
  );
}

// model/convert-endpoint-slice.ts: an EndpointSlice becomes the SliceRecord that is kept of it. Nothing is taken on
// trust: a wrong port or endpoint is a problem and is left out alone.
import { type EndpointMember, endpointGroups, endpointPortsOf, type ShareString } from './endpoint-groups.js';
import { createHintsReader } from './endpoint-hints.js';
import { flatString } from './flat-string.js';
import type { IpFamily } from './ip.js';
import type { EndpointSliceObject } from './kube-objects.js';
import {
  fieldsOf,
  flagOf,
  isListOrAbsent,
  isRecordOrAbsent,
  listOf,
  type Report,
  show,
  textOf,
} from './loose-fields.js';
import { metadataProblems, refTextOf } from './object-names.js';
import type { SliceRecord } from './slice-record.js';
import type { ModelProblem } from './snapshot.js';
import { unicastIp } from './unicast-ip.js';

const serviceNameLabel = 'kubernetes.io/service-name';
/** On a slice of a headless Service: it is for DNS, and no proxy should read it. */
const headlessLabel = 'service.kubernetes.io/headless';
const triggerTimeAnnotation = 'endpoints.kubernetes.io/last-change-trigger-time';

export function convertEndpointSlice(slice: EndpointSliceObject, share: ShareString): SliceRecord {
  const wrongMetadata = metadataProblems(slice);
  if (wrongMetadata.length > 0) return unused(undefined, wrongMetadata);
  const problems: ModelProblem[] = [];
  const object = refTextOf(slice);
  const report: Report = (field, message) => problems.push({ object, field, message });
  const { addressType, endpoints, ports, metadata } = fieldsOf(slice);
  const labels = fieldsOf(fieldsOf(metadata).labels);
  const name = textOf(labels[serviceNameLabel]);
  if (!name) {
    report('metadata.labels', `has no ${serviceNameLabel}: the slice belongs to no Service`);
    return unused(undefined, problems);
  }
  const service = flatString(`${slice.metadata.namespace}/${name}`);
  if (headlessLabel in labels || addressType === 'FQDN') return unused(service, problems);
  if (addressType !== 'IPv4' && addressType !== 'IPv6') {
    report('addressType', `${show(addressType)} is not IPv4, IPv6 or FQDN`);
    return unused(service, problems);
  }
  const members = membersOf(endpoints, addressType, share, report);
  const groups = endpointGroups(addressType, endpointPortsOf(ports, 'ports', report), members);
  const triggerTimeMs = triggerTimeOf(fieldsOf(metadata).annotations);
  return { kind: 'EndpointSlice', service, ipFamily: addressType, groups, problems, triggerTimeMs };
}

function unused(service: string | undefined, problems: readonly ModelProblem[]): SliceRecord {
  return {
    kind: 'EndpointSlice',
    service,
    ipFamily: undefined,
    groups: [],
    problems,
    triggerTimeMs: undefined,
  };
}

function membersOf(
  value: unknown,
  ipFamily: IpFamily,
  share: ShareString,
  report: Report,
): readonly EndpointMember[] {
  if (!isListOrAbsent(value)) report('endpoints', `is ${show(value)}, not a list`);
  const hintsOf = createHintsReader(share, report);
  return listOf(value).flatMap((entry, index): EndpointMember[] => {
    const at = `endpoints[${index}]`;
    const { addresses, conditions, nodeName, zone, hints } = fieldsOf(entry);
    // All addresses of one endpoint are the same pod; the first is the one to use (discovery/v1).
    const address = unicastIp(listOf(addresses)[0], ipFamily);
    if (!address.ok) {
      report(`${at}.addresses[0]`, address.message);
      return [];
    }
    if (!isRecordOrAbsent(conditions)) {
      report(`${at}.conditions`, `is ${show(conditions)}, not an object`);
      return [];
    }
    const { ready, serving, terminating } = fieldsOf(conditions);
    for (const [name, given] of Object.entries({ ready, serving, terminating })) {
      if (given === undefined || given === null || typeof given === 'boolean') continue;
      report(`${at}.conditions.${name}`, `${show(given)} is not true or false`);
      return [];
    }
    return [
      {
        ip: address.ip,
        ready: flagOf(ready) ?? true,
        serving: flagOf(serving) ?? true,
        terminating: flagOf(terminating) ?? false,
        ...(typeof nodeName === 'string' && { nodeName: share(nodeName) }),
        ...(typeof zone === 'string' && { zone: share(zone) }),
        ...hintsOf(hints, `${at}.hints`),
      },
    ];
  });
}

function triggerTimeOf(annotations: unknown): number | undefined {
  const timeMs = Date.parse(textOf(fieldsOf(annotations)[triggerTimeAnnotation]) ?? '');
  return Number.isNaN(timeMs) ? undefined : timeMs;
}

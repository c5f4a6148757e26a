// model/convert-endpoints.ts: a legacy core/v1 Endpoints object becomes a SliceRecord as an EndpointSlice does. Its
// subsets may mix families; it carries its Service's name.
import { type EndpointMember, endpointGroups, endpointPortsOf, type ShareString } from './endpoint-groups.js';
import { flatString } from './flat-string.js';
import { type IpFamily, ipFamilies } from './ip.js';
import type { EndpointsObject } from './kube-objects.js';
import { fieldsOf, isListOrAbsent, listOf, type Report, show } from './loose-fields.js';
import { metadataProblems, refTextOf } from './object-names.js';
import type { EndpointGroup, SliceRecord } from './slice-record.js';
import type { ModelProblem } from './snapshot.js';
import { unicastIp } from './unicast-ip.js';

export function convertEndpoints(endpoints: EndpointsObject, share: ShareString): SliceRecord {
  const wrongMetadata = metadataProblems(endpoints);
  if (wrongMetadata.length > 0) return recordOf(undefined, [], wrongMetadata);
  const problems: ModelProblem[] = [];
  const object = refTextOf(endpoints);
  const report: Report = (field, message) => problems.push({ object, field, message });
  const { namespace, name, labels } = endpoints.metadata;
  const service = flatString(`${namespace}/${name}`);
  if ('service.kubernetes.io/headless' in fieldsOf(labels)) return recordOf(service, [], problems);
  const subsets: unknown = fieldsOf(endpoints).subsets;
  if (!isListOrAbsent(subsets)) report('subsets', `is ${show(subsets)}, not a list`);
  const groups = listOf(subsets).flatMap((subset, index) => {
    const at = `subsets[${index}]`;
    const fields = fieldsOf(subset);
    const members = [
      ...membersOf(fields.addresses, `${at}.addresses`, true, share, report),
      ...membersOf(fields.notReadyAddresses, `${at}.notReadyAddresses`, false, share, report),
    ];
    const ports = endpointPortsOf(fields.ports, `${at}.ports`, report);
    return ipFamilies.flatMap((ipFamily) =>
      endpointGroups(
        ipFamily,
        ports,
        members.filter((member) => member.ipFamily === ipFamily),
      ),
    );
  });
  return recordOf(service, groups, problems);
}

function recordOf(
  service: string | undefined,
  groups: readonly EndpointGroup[],
  problems: readonly ModelProblem[],
): SliceRecord {
  return { kind: 'Endpoints', service, ipFamily: undefined, groups, problems, triggerTimeMs: undefined };
}

/** Endpoints know no terminating ones: what goes away is simply not ready. */
function membersOf(
  value: unknown,
  at: string,
  ready: boolean,
  share: ShareString,
  report: Report,
): readonly (EndpointMember & { readonly ipFamily: IpFamily })[] {
  if (!isListOrAbsent(value)) report(at, `is ${show(value)}, not a list`);
  return listOf(value).flatMap((entry, index) => {
    const { ip, nodeName } = fieldsOf(entry);
    const address = unicastIp(ip);
    if (!address.ok) {
      report(`${at}[${index}].ip`, address.message);
      return [];
    }
    const member = { ip: address.ip, ipFamily: address.ipFamily, ready, serving: ready, terminating: false };
    return [typeof nodeName === 'string' ? { ...member, nodeName: share(nodeName) } : member];
  });
}

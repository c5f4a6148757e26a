// model/slice-record.ts: what is kept of one EndpointSlice (or legacy Endpoints) object: its endpoints, grouped by port.
// The Endpoint objects made here are the ones that snapshots hold, so that 100,000 of them are in memory once.
import type { Endpoint } from './endpoint.js';
import type { IpFamily } from './ip.js';
import type { Protocol } from './service-port-name.js';
import type { ModelProblem } from './snapshot.js';

/** The endpoints for every ServicePort of this port name, protocol and family; the number is the slice's own. */
export interface EndpointGroup {
  readonly ipFamily: IpFamily;
  readonly portName: string;
  readonly protocol: Protocol;
  readonly endpoints: readonly Endpoint[];
}

export interface SliceRecord {
  readonly kind: 'EndpointSlice' | 'Endpoints';
  /** `ns/name` of the Service; undefined: the object names none, and serves none. */
  readonly service: string | undefined;
  /** Of an EndpointSlice: legacy Endpoints of this family are not used beside it, even if the slice is empty. */
  readonly ipFamily: IpFamily | undefined;
  readonly groups: readonly EndpointGroup[];
  readonly problems: readonly ModelProblem[];
  /** Milliseconds since the epoch; undefined where the object does not say. */
  readonly triggerTimeMs: number | undefined;
}

/** True where the two lead to the same endpoints and problems; the trigger time alone changes nothing. */
export function sameRecord(a: SliceRecord, b: SliceRecord): boolean {
  return (
    a.kind === b.kind &&
    a.service === b.service &&
    a.ipFamily === b.ipFamily &&
    sameLists(a.groups, b.groups, sameGroup) &&
    sameProblems(a.problems, b.problems)
  );
}

export function sameProblems(a: readonly ModelProblem[], b: readonly ModelProblem[]): boolean {
  return sameLists(a, b, (x, y) => x.object === y.object && x.field === y.field && x.message === y.message);
}

export function sameEndpoint(a: Endpoint, b: Endpoint): boolean {
  return (
    a.ip === b.ip &&
    a.port === b.port &&
    a.ready === b.ready &&
    a.serving === b.serving &&
    a.terminating === b.terminating &&
    a.nodeName === b.nodeName &&
    a.zone === b.zone &&
    sameTexts(a.zoneHints, b.zoneHints) &&
    sameTexts(a.nodeHints, b.nodeHints)
  );
}

/** Lists that may be absent, which is not the same as empty. */
export function sameTexts(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  return a === undefined || b === undefined ? a === b : sameLists(a, b, Object.is);
}

export function sameLists<T>(a: readonly T[], b: readonly T[], same: (x: T, y: T) => boolean): boolean {
  if (a === b) return true;
  if (a.length !== b.length) return false;
  return a.every((x, index) => {
    const y = b[index];
    return y !== undefined && same(x, y);
  });
}

function sameGroup(a: EndpointGroup, b: EndpointGroup): boolean {
  return (
    a.ipFamily === b.ipFamily &&
    a.portName === b.portName &&
    a.protocol === b.protocol &&
    sameLists(a.endpoints, b.endpoints, sameEndpoint)
  );
}

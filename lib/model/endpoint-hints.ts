// model/endpoint-hints.ts: the hints of a slice's endpoints (discovery/v1 hints.forZones, hints.forNodes) as names.
import type { Endpoint } from './endpoint.js';
import type { ShareString } from './endpoint-groups.js';
import {
  fieldsOf,
  isListOrAbsent,
  isRecordOrAbsent,
  listOf,
  type Report,
  show,
  textOf,
} from './loose-fields.js';

/** What is no name is a problem, and the others count. */
export type HintsReader = (hints: unknown, at: string) => Pick<Endpoint, 'zoneHints' | 'nodeHints'>;

/** For one slice: equal hints are one list, since its endpoints are meant for few zones. */
export function createHintsReader(share: ShareString, report: Report): HintsReader {
  const pool = new Map<string, readonly string[]>();
  const namesOf = (value: unknown, at: string): readonly string[] => {
    if (!isListOrAbsent(value)) report(at, `is ${show(value)}, not a list`);
    const names = listOf(value).flatMap((entry, index) => {
      const { name } = fieldsOf(entry);
      const text = textOf(name);
      if (text) return [text];
      report(`${at}[${index}].name`, `${show(name)} is not a name`);
      return [];
    });
    const key = JSON.stringify(names);
    const shared = pool.get(key) ?? names.map(share);
    pool.set(key, shared);
    return shared;
  };
  return (hints, at) => {
    if (hints === undefined || hints === null) return {};
    if (!isRecordOrAbsent(hints)) report(at, `is ${show(hints)}, not an object`);
    const { forZones, forNodes } = fieldsOf(hints);
    const zoneHints = namesOf(forZones, `${at}.forZones`);
    const nodeHints = namesOf(forNodes, `${at}.forNodes`);
    return { ...(zoneHints.length > 0 && { zoneHints }), ...(nodeHints.length > 0 && { nodeHints }) };
  };
}

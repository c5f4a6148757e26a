// sources/kube/convert-node.ts: a core/v1 Node in JSON to a NodeObject. Pure.
import type { NodeObject } from '../../model/kube-objects.js';
import { type Converted, convertObject, readMeta } from './convert.js';
import { type Fields, present, readFields, readFieldsList, readString, readStrings } from './fields.js';

export function convertNode(raw: unknown): Converted<NodeObject> {
  return convertObject(raw, (fields) => {
    // All labels: zones and the like are looked up by name, and there is one Node only.
    const metadata = readMeta(fields, 'cluster-wide', () => true);
    if (metadata === undefined) return undefined;
    const spec = readFields(fields, 'spec');
    const status = readFields(fields, 'status');
    return present<NodeObject>({
      kind: 'Node',
      metadata,
      spec:
        spec &&
        present<NonNullable<NodeObject['spec']>>({
          podCIDRs: readStrings(spec, 'podCIDRs'),
          taints: readPairs(spec, 'taints', 'key', 'effect'),
        }),
      status:
        status &&
        present<NonNullable<NodeObject['status']>>({
          addresses: readPairs(status, 'addresses', 'type', 'address'),
        }),
    });
  });
}

/** `[{ key, effect }]` and the like; an element that lacks one of the two is left out. */
function readPairs<A extends string, B extends string>(
  fields: Fields,
  name: string,
  first: A,
  second: B,
): readonly Readonly<Record<A | B, string>>[] | undefined {
  return readFieldsList(fields, name)?.flatMap((element) => {
    const one = readString(element, first);
    const other = readString(element, second);
    if (one === undefined || other === undefined) return [];
    return [{ [first]: one, [second]: other } as Record<A | B, string>];
  });
}

// compose/service-uids.ts: remembers the uids of the Services that pass by: `kubectl describe` finds an Event by the uid
// of the object that it is about, and nothing else here needs to know one.
import type { EventObject } from '../proxier/event-recorder.js';
import type { Source } from '../proxier/source.js';

export interface SourceWithUids {
  readonly source: Source;
  /** Of a Node its name, as kube-proxy has it and kubectl looks for it; undefined: not known. */
  uidOf(object: EventObject): string | undefined;
}

export function withServiceUids(source: Source): SourceWithUids {
  const uids = new Map<string, string>();
  return {
    uidOf: ({ kind, namespace, name }) => (kind === 'Node' ? name : uids.get(`${namespace}/${name}`)),
    source: {
      description: source.description,
      synced: source.synced,
      health: () => source.health(),
      close: () => source.close(),
      start: (handler) =>
        source.start({
          upsert: (object) => {
            const { uid, namespace, name } = object.metadata;
            if (object.kind === 'Service' && uid !== undefined) uids.set(`${namespace}/${name}`, uid);
            handler.upsert(object);
          },
          remove: (ref) => {
            if (ref.kind === 'Service') uids.delete(`${ref.namespace}/${ref.name}`);
            handler.remove(ref);
          },
        }),
    },
  };
}

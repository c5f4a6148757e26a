// sources/kube/event-body.ts: an Event as the API takes it (events.k8s.io/v1), within the API's limits. Pure.
import { createHash } from 'node:crypto';
import type { EventsV1Event } from '@kubernetes/client-node';
import type { ProxyEvent } from '../../proxier/event-recorder.js';

export interface Reporter {
  readonly nodeName: string;
  /** Of the object in the API; undefined: not known. */
  readonly uidOf: (regarding: ProxyEvent['regarding']) => string | undefined;
}

/** JSON of an EventsV1Event: times are text, with microseconds. */
export type EventBody = Omit<EventsV1Event, 'eventTime' | 'series'> & { readonly eventTime: string };

const controller = 'kube-portal';
const maxNote = 1024;
const maxInstance = 128;
/** A name in the API has 253 characters at most; the object's own may have as many. */
const maxNamePrefix = 200;

/** Events about objects without a namespace live in this one. */
export function namespaceOf({ regarding }: ProxyEvent): string {
  return regarding.namespace === '' ? 'default' : regarding.namespace;
}

/**
 * Equal for events that are the same. Of an object that was deleted and made again they are others: `kubectl describe`
 * looks for the uid.
 */
export function eventKey(event: ProxyEvent, uidOf: Reporter['uidOf']): string {
  const { regarding, type, reason, action, note } = event;
  const { kind, namespace, name } = regarding;
  return JSON.stringify([kind, namespace, name, uidOf(regarding) ?? '', type, reason, action, note]);
}

/**
 * @param salt what makes the name one of its own. Events that say the same on all nodes have none, so that all nodes
 * form the same name and the API server takes the first one only.
 */
export function eventBody(event: ProxyEvent, reporter: Reporter, nowMs: number, salt: string): EventBody {
  const { regarding, type, reason, action, note } = event;
  const hash = createHash('sha256')
    .update(`${eventKey(event, reporter.uidOf)}${salt}`)
    .digest('hex')
    .slice(0, 16);
  const uid = reporter.uidOf(regarding);
  const { namespace, name, kind } = regarding;
  // A part of a name ends with a letter or digit.
  const prefix = name.slice(0, maxNamePrefix).replace(/[^a-z0-9]+$/, '');
  return {
    apiVersion: 'events.k8s.io/v1',
    kind: 'Event',
    metadata: { name: `${prefix}.${hash}`, namespace: namespaceOf(event) },
    eventTime: microTime(nowMs),
    reportingController: controller,
    reportingInstance: `${controller}-${reporter.nodeName}`.slice(0, maxInstance),
    action,
    reason,
    regarding: {
      apiVersion: 'v1',
      kind,
      name,
      ...(namespace !== '' && { namespace }),
      ...(uid !== undefined && { uid }),
    },
    note: shortened(note),
    type,
  };
}

/** The API counts bytes. */
function shortened(note: string): string {
  const bytes = Buffer.from(note);
  if (bytes.length <= maxNote) return note;
  return `${bytes
    .subarray(0, maxNote - 4)
    .toString()
    .replace(/\uFFFD$/, '')}…`;
}

/** A patch that tells how often the event has happened so far, and that it did just now. */
export function seriesPatch(count: number, nowMs: number): unknown {
  return { series: { count, lastObservedTime: microTime(nowMs) } };
}

/** metav1.MicroTime wants six digits. */
function microTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

// test/support/api-events.ts: Events in api-server.ts: created and patched with the checks of the API's validation of
// events.k8s.io/v1 (kubernetes pkg/apis/core/validation/events.go).
import type { IncomingMessage, ServerResponse } from 'node:http';
import { sendStatus } from './api-faults.js';
import { type ApiObjects, keyOf, type RawObject } from './api-objects.js';

export interface EventTarget {
  readonly namespace: string;
  /** Undefined: the collection. */
  readonly name: string | undefined;
}

export function eventTarget(path: string): EventTarget | undefined {
  const match = /^\/apis\/events\.k8s\.io\/v1\/namespaces\/([^/]+)\/events(?:\/([^/]+))?$/.exec(path);
  return match?.[1] === undefined ? undefined : { namespace: match[1], name: match[2] };
}

export async function answerEvent(
  objects: ApiObjects,
  { namespace, name }: EventTarget,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  const body = JSON.parse(text) as RawObject;
  const find = (wanted: string): RawObject | undefined =>
    objects
      .snapshot('Event')
      .objects.find(
        ({ metadata }) => keyOf(metadata.namespace ?? '', metadata.name) === keyOf(namespace, wanted),
      );
  if (request.method === 'POST') {
    const wrong = eventFault(body, namespace);
    if (wrong !== undefined) return sendStatus(response, 422, { reason: 'Invalid', message: wrong });
    if (find(body.metadata.name)) return sendStatus(response, 409, { reason: 'AlreadyExists' });
    return sendJson(response, 201, objects.put(body));
  }
  const before = name === undefined ? undefined : find(name);
  if (before === undefined) return sendStatus(response, 404, { reason: 'NotFound' });
  const type = request.headers['content-type'];
  if (type !== 'application/merge-patch+json') return sendStatus(response, 415, { message: String(type) });
  const patched = { ...before, ...body, metadata: before.metadata };
  const wrong = eventFault(patched, namespace);
  if (wrong !== undefined) return sendStatus(response, 422, { reason: 'Invalid', message: wrong });
  return sendJson(response, 200, objects.put(patched));
}

const microTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;

/** Undefined: the API server would take it. */
function eventFault(event: RawObject, namespace: string): string | undefined {
  const text = (field: string): string => (typeof event[field] === 'string' ? event[field] : '');
  const regarding = event.regarding as { readonly namespace?: string; readonly kind?: string } | undefined;
  const series = event.series as { readonly count?: number; readonly lastObservedTime?: string } | undefined;
  if (event.kind !== 'Event' || text('apiVersion') !== 'events.k8s.io/v1') return 'kind';
  if (event.metadata.namespace !== namespace) return 'metadata.namespace';
  if (!/^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/.test(event.metadata.name)) return 'metadata.name';
  if ((regarding?.namespace ?? 'default') !== namespace) return 'regarding.namespace does not match';
  if (!microTime.test(text('eventTime'))) return 'eventTime';
  for (const field of ['reportingController', 'reportingInstance', 'action', 'reason']) {
    if (text(field) === '' || text(field).length > 128) return field;
  }
  if (text('note').length > 1024) return 'note';
  if (!['Normal', 'Warning'].includes(text('type'))) return 'type';
  if (series && ((series.count ?? 0) < 2 || !microTime.test(series.lastObservedTime ?? ''))) return 'series';
  return undefined;
}

function sendJson(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
}

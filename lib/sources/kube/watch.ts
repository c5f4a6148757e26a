// sources/kube/watch.ts: one watch, from a resourceVersion to its end. A stream of JSON lines, one event each.
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../proxier/clock.js';
import type { ApiClient } from './api-client.js';
import { errorFromEvent, MalformedAnswerError } from './api-error.js';
import { isRecord } from './fields.js';
import type { KubeResource } from './kube-resource.js';
import { createLineDecoder, type LineDecoder } from './line-decoder.js';
import { createDeadline } from './wait.js';

export interface WatchRequest {
  readonly client: ApiClient;
  readonly resource: KubeResource;
  readonly fieldSelector: string | undefined;
  readonly resourceVersion: string;
  /** The server ends the watch after about this. */
  readonly timeoutSeconds: number;
  /** A stream that stays silent for timeoutSeconds and this is dead. */
  readonly slackMs: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export interface WatchEvents {
  /** The server accepted the watch. */
  opened(): void;
  /** BOOKMARK carries a resourceVersion and nothing else. */
  event(type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK', object: unknown): void;
  /** A type that the API does not define (yet). */
  unknownType(type: string): void;
}

/** Larger than any object (etcd: about 1.5 MiB), small enough to stop a stream that is none. */
const maxLineBytes = 16 * 1024 * 1024;

/**
 * Resolves when the server ends the watch. Rejects with ApiStatusError for a refusal or an ERROR event,
 * MalformedAnswerError for a line that is no event (what was in it is lost: list again), anything else when the
 * connection broke or went silent.
 */
export async function watchOnce(request: WatchRequest, events: WatchEvents): Promise<void> {
  const { client, resource, clock, signal } = request;
  const query = {
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: request.resourceVersion,
    timeoutSeconds: String(request.timeoutSeconds),
    labelSelector: resource.labelSelector,
    fieldSelector: request.fieldSelector,
  };
  const stream = await client.getStream(resource.path, query, signal);
  const decoder = createLineDecoder(maxLineBytes);
  const silentMs = request.timeoutSeconds * 1000 + request.slackMs;
  const deadline = createDeadline(clock, silentMs, () =>
    stream.destroy(new Error(`WATCH ${resource.path}: silent for ${silentMs} ms`)),
  );
  try {
    deadline.push();
    events.opened();
    await readEvents(stream, decoder, resource, () => deadline.push(), events, signal);
  } finally {
    deadline.cancel();
    stream.destroy();
  }
  if (decoder.pendingBytes() > 0) {
    throw new Error(`WATCH ${resource.path}: ended inside an event after ${decoder.pendingBytes()} bytes`);
  }
}

async function readEvents(
  stream: IncomingMessage,
  decoder: LineDecoder,
  resource: KubeResource,
  alive: () => void,
  events: WatchEvents,
  signal: AbortSignal,
): Promise<void> {
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    alive();
    for (const line of decode(decoder, chunk, resource)) {
      if (signal.aborted) return;
      deliver(line, resource, events);
    }
  }
}

function decode(decoder: LineDecoder, chunk: Buffer, resource: KubeResource): readonly string[] {
  try {
    return decoder.push(chunk);
  } catch (error) {
    throw new MalformedAnswerError(`WATCH ${resource.path}: ${String(error)}`, { cause: error });
  }
}

function deliver(line: string, resource: KubeResource, events: WatchEvents): void {
  const event = parseEvent(line, resource);
  const type = event.type;
  const object = event.object;
  switch (type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      events.event(type, object);
      return;
    case 'ERROR':
      throw errorFromEvent(`WATCH ${resource.path}`, object);
    default:
      if (typeof type !== 'string') throw notAnEvent(line, resource);
      events.unknownType(type);
  }
}

function parseEvent(line: string, resource: KubeResource): Readonly<Record<string, unknown>> {
  try {
    const event: unknown = JSON.parse(line);
    if (isRecord(event)) return event;
  } catch (error) {
    throw notAnEvent(line, resource, error);
  }
  throw notAnEvent(line, resource);
}

function notAnEvent(line: string, resource: KubeResource, cause?: unknown): MalformedAnswerError {
  const start = line.slice(0, 80);
  return new MalformedAnswerError(`WATCH ${resource.path}: a line that is no event: ${start}`, { cause });
}

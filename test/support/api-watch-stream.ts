// test/support/api-watch-stream.ts: one open watch of api-server.ts, with the ways to break it.
import type { ServerResponse } from 'node:http';
import { resetSocket, statusObject } from './api-faults.js';
import type { ApiObjects, Change, RawObject } from './api-objects.js';
import type { Matches } from './api-selectors.js';

export interface WatchStream {
  readonly kind: string;
  /** Ends as a server does at timeoutSeconds. */
  end(): void;
  /** Cuts the connection. */
  reset(): void;
  /** Writes this instead of an event. */
  write(text: string | Buffer): void;
  /** From here on nothing is sent, and nothing is said about it. */
  silence(): void;
  bookmark(): void;
  /** An ERROR event with a Status. */
  error(code: number, message: string): void;
}

export interface WatchWish {
  readonly kind: string;
  readonly matches: Matches;
  /** undefined or '0': the state now comes first, as ADDED. */
  readonly resourceVersion: string | undefined;
  readonly timeoutSeconds: number;
}

/** Answers with the stream; `closed` is called once when it is over. */
export function openWatch(
  response: ServerResponse,
  objects: ApiObjects,
  wish: WatchWish,
  closed: () => void,
): WatchStream {
  let silent = false;
  const send = (type: string, object: object) => {
    if (!silent && !response.writableEnded) response.write(`${JSON.stringify({ type, object })}\n`);
  };
  const sendChange = (change: Change) => {
    const was = change.before !== undefined && wish.matches(change.before);
    const is = change.after !== undefined && wish.matches(change.after);
    const gone = change.before && lastState(change.before, change.revision);
    if (is && change.after) send(was ? 'MODIFIED' : 'ADDED', change.after);
    else if (was && gone) send('DELETED', gone);
  };

  response.writeHead(200, { 'content-type': 'application/json' });
  response.flushHeaders();

  const unsubscribe = objects.subscribe((change) => {
    if (change.kind === wish.kind) sendChange(change);
  });
  const timer = setTimeout(() => response.end(), wish.timeoutSeconds * 1000);
  response.on('close', () => {
    clearTimeout(timer);
    unsubscribe();
    closed();
  });

  const stream: WatchStream = {
    kind: wish.kind,
    end: () => response.end(),
    reset: () => resetSocket(response),
    write: (text) => response.write(text),
    silence: () => {
      silent = true;
    },
    bookmark: () =>
      send('BOOKMARK', { kind: wish.kind, metadata: { resourceVersion: String(objects.revision()) } }),
    error: (code, message) => send('ERROR', statusObject(code, { message })),
  };

  if (wish.resourceVersion === undefined || wish.resourceVersion === '0') {
    for (const object of objects.snapshot(wish.kind).objects) {
      if (wish.matches(object)) send('ADDED', object);
    }
    return stream;
  }
  const missed = objects.since(wish.kind, Number(wish.resourceVersion));
  if (missed === undefined) {
    stream.error(410, `too old resource version: ${wish.resourceVersion} (${objects.revision()})`);
    response.end();
    return stream;
  }
  for (const change of missed) sendChange(change);
  return stream;
}

/** What leaves a selector is sent as it last was inside, with the revision of the change. */
function lastState(object: RawObject, revision: number): RawObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}

// test/support/api-answers.ts: how api-server.ts answers a list or a watch when nothing is to go wrong.
import type { ServerResponse } from 'node:http';
import { sendStatus } from './api-faults.js';
import type { ApiObjects, RawObject } from './api-objects.js';
import { BadSelectorError, fieldMatcher, labelMatcher, type Matches } from './api-selectors.js';
import { openWatch, type WatchStream } from './api-watch-stream.js';

export interface Served {
  readonly kind: string;
  readonly apiVersion: string;
  readonly fields: readonly string[];
}

const metaFields = ['metadata.name', 'metadata.namespace'];
export const served: Readonly<Record<string, Served>> = {
  '/api/v1/services': {
    kind: 'Service',
    apiVersion: 'v1',
    fields: [...metaFields, 'spec.clusterIP', 'spec.type'],
  },
  '/apis/discovery.k8s.io/v1/endpointslices': {
    kind: 'EndpointSlice',
    apiVersion: 'discovery.k8s.io/v1',
    fields: metaFields,
  },
  '/api/v1/nodes': { kind: 'Node', apiVersion: 'v1', fields: ['metadata.name'] },
};

export interface ApiAnswers {
  list(resource: Served, query: ApiQuery, response: ServerResponse): void;
  watch(resource: Served, query: ApiQuery, response: ServerResponse): void;
}

export type ApiQuery = Readonly<Record<string, string>>;

export interface AnswerOptions {
  /** As before 1.31: 400 for `spec.clusterIP` in a field selector. */
  readonly old?: boolean;
  /** How a compacted resourceVersion is refused in a watch. @default event */
  readonly expiredWatch?: 'event' | 'status';
}

/** @param streams open watches are kept here */
export function createAnswers(
  objects: ApiObjects,
  streams: Set<WatchStream>,
  options: AnswerOptions,
): ApiAnswers {
  /** Undefined: the answer has been given. */
  const matcher = (resource: Served, query: ApiQuery, response: ServerResponse): Matches | undefined => {
    const known = options.old === true ? metaFields : resource.fields;
    try {
      const byLabel = labelMatcher(query.labelSelector ?? '');
      const byField = fieldMatcher(query.fieldSelector ?? '', known);
      return (object) => byLabel(object) && byField(object);
    } catch (error) {
      if (!(error instanceof BadSelectorError)) throw error;
      sendStatus(response, 400, { reason: 'BadRequest', message: error.message });
      return undefined;
    }
  };

  const list = (resource: Served, query: ApiQuery, response: ServerResponse): void => {
    const matches = matcher(resource, query, response);
    if (matches === undefined) return;
    const token = query.continue === undefined ? undefined : readToken(query.continue);
    const snapshot =
      token === undefined
        ? objects.snapshot(resource.kind)
        : objects.snapshotAt(resource.kind, token.revision);
    if (snapshot === undefined) {
      const metadata = { continue: writeToken({ revision: -1, from: token?.from ?? 0 }) };
      sendStatus(response, 410, { message: 'The provided continue parameter is too old', metadata });
      return;
    }
    // The API server's cache answers resourceVersion=0 and knows no limit then.
    const limit = query.resourceVersion === '0' ? 0 : Number(query.limit ?? 0);
    const items: RawObject[] = [];
    let from = token?.from ?? 0;
    for (; from < snapshot.objects.length && (limit === 0 || items.length < limit); from += 1) {
      const object = snapshot.objects[from];
      if (object !== undefined && matches(object)) items.push(object);
    }
    const more = from < snapshot.objects.length;
    const metadata = {
      resourceVersion: String(snapshot.revision),
      ...(more && { continue: writeToken({ revision: snapshot.revision, from }) }),
    };
    const { apiVersion, kind } = resource;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end(JSON.stringify({ kind: `${kind}List`, apiVersion, metadata, items: items.map(asItem) }));
  };

  const watch = (resource: Served, query: ApiQuery, response: ServerResponse): void => {
    const matches = matcher(resource, query, response);
    if (matches === undefined) return;
    const { resourceVersion } = query;
    const expired = objects.since(resource.kind, Number(resourceVersion ?? 0)) === undefined;
    if (expired && resourceVersion !== undefined && options.expiredWatch === 'status') {
      sendStatus(response, 410, { message: `too old resource version: ${resourceVersion}` });
      return;
    }
    const timeoutSeconds = Number(query.timeoutSeconds ?? 1800);
    const stream = openWatch(
      response,
      objects,
      { kind: resource.kind, matches, resourceVersion, timeoutSeconds },
      () => streams.delete(stream),
    );
    streams.add(stream);
  };

  return { list, watch };
}

/** Items of a list bear neither kind nor apiVersion. */
function asItem(object: RawObject): object {
  return { ...object, kind: undefined, apiVersion: undefined };
}

interface Token {
  readonly revision: number;
  /** Index in the snapshot. */
  readonly from: number;
}

function writeToken(token: Token): string {
  return Buffer.from(JSON.stringify(token)).toString('base64url');
}

function readToken(text: string): Token {
  return JSON.parse(Buffer.from(text, 'base64url').toString()) as Token;
}

// sources/kube/list.ts: one complete, consistent list of a kind, page by page.
//
// Without a resourceVersion the server answers from the newest state. client-go asks for resourceVersion=0 first, which
// is cheaper for old servers, but they then ignore `limit` and send everything at once (100 MB for a large cluster),
// and the answer may be older than what an earlier run has seen. From 1.31 on, consistent lists come from the server's
// cache as well.
import type { ApiClient } from './api-client.js';
import { MalformedAnswerError } from './api-error.js';
import { isRecord } from './fields.js';
import type { KubeResource } from './kube-resource.js';

export interface ListRequest {
  readonly client: ApiClient;
  readonly resource: KubeResource;
  /** Without: the server rejected it. */
  readonly fieldSelector: string | undefined;
  /** Objects per page; undefined: all in one answer, which can't expire half-way. */
  readonly limit: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Calls `onPage` for each page and resolves with the list's resourceVersion, from which to watch. Rejects with what
 * ApiClient rejects with; 410 when the server compacted its history between two pages. (The server offers a token to
 * go on from its newest state then. The parts would be from two moments, and changes between them be missed.)
 */
export async function listAll(
  request: ListRequest,
  onPage: (items: readonly unknown[]) => void,
): Promise<string> {
  const { client, resource, fieldSelector, limit, signal } = request;
  const read = async (token: string | undefined) => {
    const query = {
      labelSelector: resource.labelSelector,
      fieldSelector,
      limit: limit === undefined ? undefined : String(limit),
      continue: token,
    };
    const page = readPage(await client.getJson(resource.path, query, signal), resource);
    if (signal.aborted) throw signal.reason;
    onPage(page.items);
    return page;
  };
  let page = await read(undefined);
  while (page.token !== undefined) {
    const before = page.token;
    page = await read(before);
    if (page.token === before) throw malformed(resource, 'its continue token leads to itself');
  }
  return page.resourceVersion;
}

interface Page {
  readonly items: readonly unknown[];
  readonly resourceVersion: string;
  readonly token: string | undefined;
}

function readPage(answer: unknown, resource: KubeResource): Page {
  const list = isRecord(answer) ? answer : {};
  const metadata = isRecord(list.metadata) ? list.metadata : {};
  const { resourceVersion, continue: token } = metadata;
  // Go writes an empty list as null.
  const items = list.items ?? [];
  if (!Array.isArray(items)) throw malformed(resource, 'items is no list');
  if (typeof resourceVersion !== 'string' || resourceVersion === '') {
    throw malformed(resource, 'it has no resourceVersion');
  }
  return { items, resourceVersion, token: typeof token === 'string' && token !== '' ? token : undefined };
}

function malformed(resource: KubeResource, what: string): MalformedAnswerError {
  return new MalformedAnswerError(`GET ${resource.path}: not a list: ${what}`);
}

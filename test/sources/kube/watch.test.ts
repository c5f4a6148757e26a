import type { IncomingMessage } from 'node:http';
import { PassThrough } from 'node:stream';
import t from 'tap';
import type { ApiClient, Query } from '../../../lib/sources/kube/api-client.js';
import { endpointSliceResource } from '../../../lib/sources/kube/kube-resource.js';
import { type WatchEvents, watchOnce } from '../../../lib/sources/kube/watch.js';
import { fakeClock, settle } from '../../support/fake-clock.js';

/** A watch whose bytes the test writes itself. */
function trial() {
  const stream = new PassThrough();
  const queries: Query[] = [];
  const client: ApiClient = {
    server: 'http://test',
    getJson: () => Promise.reject(new Error('not asked for')),
    writeJson: () => Promise.reject(new Error('nothing is written')),
    getStream: async (_path, query) => {
      queries.push(query);
      // All that a watch uses of an answer is that it is a stream.
      return stream as unknown as IncomingMessage;
    },
    refreshCredentials: () => {},
    close: () => {},
  };
  const seen: unknown[] = [];
  const events: WatchEvents = {
    opened: () => seen.push('opened'),
    event: (type, object) => seen.push([type, object]),
    unknownType: (type) => seen.push(`unknown ${type}`),
  };
  const clock = fakeClock();
  const closing = new AbortController();
  const done = watchOnce(
    {
      client,
      resource: endpointSliceResource,
      fieldSelector: undefined,
      resourceVersion: '7',
      timeoutSeconds: 10,
      slackMs: 500,
      clock,
      signal: closing.signal,
    },
    events,
  );
  return { stream, queries, seen, clock, done, closing };
}

t.test('a watch asks for bookmarks, and ends when the server ends it', async (t) => {
  const { stream, queries, seen, done, clock } = trial();
  stream.write('{"type":"ADDED","object":{"a":1}}\n{"type":"BOOKMARK",');
  stream.end('"object":{"b":2}}\n{"type":"NEW","object":{}}\n');
  await done;
  t.strictSame(seen, ['opened', ['ADDED', { a: 1 }], ['BOOKMARK', { b: 2 }], 'unknown NEW']);
  t.match(queries, [
    {
      watch: 'true',
      allowWatchBookmarks: 'true',
      resourceVersion: '7',
      timeoutSeconds: '10',
      labelSelector: '!service.kubernetes.io/headless',
    },
  ]);
  t.equal(clock.waiting(), 0, 'no timer is left');
});

t.test('an end inside an event is an error', async (t) => {
  const { stream, done } = trial();
  stream.end('{"type":"ADDED"');
  await t.rejects(done, { message: /ended inside an event after 15 bytes/ });
});

t.test('silence beyond timeoutSeconds and the slack is an error, a byte in between is life', async (t) => {
  const { stream, done, clock } = trial();
  const rejected = t.rejects(done, { message: /silent for 10500 ms/ });
  await clock.advance(10_000);
  stream.write('\n');
  await settle();
  await clock.advance(10_000);
  t.notOk(stream.destroyed);
  await clock.advance(500);
  await rejected;
  t.ok(stream.destroyed);
});

t.test('an endless line is no event', async (t) => {
  const { stream, done } = trial();
  const rejected = t.rejects(done, { name: 'MalformedAnswerError' });
  for (let i = 0; i < 17; i += 1) stream.write(Buffer.alloc(1024 * 1024, 'x'));
  await rejected;
});

t.test('what came after closing is not delivered', async (t) => {
  const { stream, seen, done, closing } = trial();
  await settle();
  closing.abort();
  stream.end('{"type":"ADDED","object":{"a":1}}\n');
  await done;
  t.strictSame(seen, ['opened']);
});

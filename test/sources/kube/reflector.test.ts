import t from 'tap';
import { systemClock } from '../../../lib/proxier/clock.js';
import type { SourceHandler } from '../../../lib/proxier/source.js';
import { createApiClient } from '../../../lib/sources/kube/api-client.js';
import type { ClusterAccess } from '../../../lib/sources/kube/cluster-access.js';
import { serviceResource } from '../../../lib/sources/kube/kube-resource.js';
import { createReflector, type Reflector } from '../../../lib/sources/kube/reflector.js';
import type { KubeTiming } from '../../../lib/sources/kube/timing.js';
import type { FaultAnswer } from '../../support/api-faults.js';
import { type ApiServer, type ApiServerOptions, createApiServer } from '../../support/api-server.js';
import {
  type RecordingHandler,
  type RecordingLog,
  recordingHandler,
  recordingLog,
  shortTiming,
  sleep,
  until,
  type WithTeardown,
} from '../../support/kube-trial.js';
import { service } from '../../support/objects.js';

interface Trial {
  readonly server: ApiServer;
  readonly reflector: Reflector;
  readonly handler: RecordingHandler;
  readonly log: RecordingLog;
  readonly refreshed: () => number;
  readonly watching: () => Promise<void>;
}

interface TrialOptions {
  readonly server?: ApiServerOptions;
  readonly timing?: Partial<KubeTiming>;
  readonly handler?: (recording: RecordingHandler) => SourceHandler;
  readonly prepare?: (server: ApiServer) => void;
}

/** A reflector of Services against a server that holds Services `a` and `b`. */
async function trialOf(t: WithTeardown, options: TrialOptions = {}): Promise<Trial> {
  const server = await createApiServer(options.server);
  server.put(service('a', '10.96.0.1'));
  server.put(service('b', '10.96.0.2'));
  options.prepare?.(server);
  let refreshed = 0;
  const access: ClusterAccess = {
    server: server.url,
    requestOptions: async () => ({}),
    refresh: () => {
      refreshed += 1;
    },
  };
  const timing = { ...shortTiming, ...options.timing };
  const client = createApiClient({ access, clock: systemClock, timing });
  const log = recordingLog();
  const reflector = createReflector({
    resource: serviceResource,
    client,
    clock: systemClock,
    log,
    timing,
    random: () => 0.5,
  });
  const handler = recordingHandler();
  t.teardown(async () => {
    await reflector.close();
    client.close();
    await server.close();
  });
  reflector.start(options.handler?.(handler) ?? handler);
  const watching = async () => {
    await reflector.synced;
    await until('a watch is open', () => server.streams().length === 1);
  };
  return { server, reflector, handler, log, refreshed: () => refreshed, watching };
}

const both = ['upsert Service default/a', 'upsert Service default/b'];
const removeA = { kind: 'Service', namespace: 'default', name: 'a' } as const;
const timesOf = (server: ApiServer, verb: 'list' | 'watch') =>
  server.requests().flatMap((request) => (request.verb === verb ? [request.atMs] : []));

t.test('a list comes in pages of 500, all from one resourceVersion', async (t) => {
  const { server, handler, watching } = await trialOf(t, {
    prepare: (server) => {
      for (let i = 0; i < 1100; i += 1) server.put(service(`s${String(i).padStart(4, '0')}`, '10.96.1.1'));
    },
  });
  await watching();
  t.equal(handler.objects.size, 1102);
  t.equal(new Set(handler.events).size, 1102, 'each once');
  const lists = server.requests().filter(({ verb }) => verb === 'list');
  t.strictSame(
    lists.map(({ query }) => [query.limit, query.continue !== undefined, query.resourceVersion]),
    [
      ['500', false, undefined],
      ['500', true, undefined],
      ['500', true, undefined],
    ],
  );
  const watch = server.requests().at(-1);
  t.match(watch?.query, {
    watch: 'true',
    allowWatchBookmarks: 'true',
    resourceVersion: String(server.revision()),
    timeoutSeconds: '60',
    fieldSelector: 'spec.clusterIP!=None',
    labelSelector: '!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name',
  });
});

t.test(
  'history compacted between two pages: the list starts again, nothing is lost or delivered twice',
  async (t) => {
    const { server, handler, watching } = await trialOf(t, {
      prepare: (server) => {
        for (let i = 0; i < 600; i += 1) server.put(service(`s${String(i).padStart(3, '0')}`, '10.96.1.1'));
        let compactions = 0;
        server.onRequest(({ query }) => {
          if (query.continue === undefined || compactions > 0) return;
          compactions += 1;
          server.delete({ kind: 'Service', namespace: 'default', name: 'a' });
          server.compact();
        });
      },
    });
    await watching();
    t.equal(handler.objects.size, 601);
    t.notOk(handler.objects.has('Service default/a'), 'delivered from the first list, gone in the second');
    const upserts = handler.events.filter((event) => event.startsWith('upsert'));
    t.equal(upserts.length, 602, 'what the first list had delivered was not delivered again');
    t.equal(timesOf(server, 'list').length, 4, 'two pages, twice');
  },
);

t.test('a list whose pages always expire is asked for in one piece', async (t) => {
  const { server, handler, watching } = await trialOf(t, {
    prepare: (server) => {
      for (let i = 0; i < 600; i += 1) server.put(service(`s${i}`, '10.96.1.1'));
      server.failNext({ continued: true, times: 1000, answer: { kind: 'status', status: 410 } });
    },
  });
  await watching();
  t.equal(handler.objects.size, 602);
  const last = server
    .requests()
    .filter(({ verb }) => verb === 'list')
    .at(-1);
  t.equal(last?.query.limit, undefined);
});

const errorPage = '<html><head><title>502</title></head><body>Bad Gateway</body></html>';
const listFaults: readonly (readonly [string, FaultAnswer, RegExp])[] = [
  ['500', { kind: 'status', status: 500, message: 'etcd is sad' }, /HTTP 500: etcd is sad/],
  [
    'an HTML error page',
    { kind: 'status', status: 502, body: errorPage },
    /HTTP 502: not a Kubernetes Status/,
  ],
  [
    'an HTML page with 200',
    { kind: 'body', body: errorPage, contentType: 'text/html' },
    /not JSON \(text\/html\)/,
  ],
  ['JSON that is no list', { kind: 'body', body: '{"items":7}' }, /items is no list/],
  ['a list without resourceVersion', { kind: 'body', body: '{"items":[]}' }, /no resourceVersion/],
  ['a connection reset', { kind: 'reset' }, /ECONNRESET|socket hang up/],
  ['half a list', { kind: 'half', body: '{"items":[{"meta' }, /aborted|ECONNRESET/],
  ['headers and then silence', { kind: 'silent' }, /stopped for 500 ms/],
  ['no answer at all', { kind: 'no-answer' }, /no answer within 700 ms/],
  ['403', { kind: 'status', status: 403, message: 'forbidden' }, /HTTP 403: forbidden/],
];

t.test('a failed list is tried again', async (t) => {
  for (const [what, answer, message] of listFaults) {
    await t.test(what, async (t) => {
      const { handler, log, reflector, watching } = await trialOf(t, {
        timing: { answerTimeoutMs: 700 },
        prepare: (server) => server.failNext({ verb: 'list', answer }),
      });
      await watching();
      t.strictSame(handler.events, both);
      const warned = log.lines.find(({ level }) => level === 'warn');
      t.match(warned?.fields, { kind: 'Service', err: { message } });
      await until('the trouble is over', () => reflector.trouble() === undefined);
    });
  }
});

t.test('a slow page is waited for', async (t) => {
  const { handler, log, watching } = await trialOf(t, {
    prepare: (server) => server.failNext({ verb: 'list', answer: { kind: 'slow', delayMs: 300 } }),
  });
  await watching();
  t.strictSame(handler.events, both);
  t.strictSame(log.lines, []);
});

t.test('tries come less and less often', async (t) => {
  const { server, watching } = await trialOf(t, {
    timing: { backoffInitialMs: 50, backoffMaxMs: 10_000 },
    prepare: (server) => server.failNext({ verb: 'list', times: 4, answer: { kind: 'reset' } }),
  });
  await watching();
  const times = timesOf(server, 'list');
  const waits = times.slice(1).map((time, i) => time - (times[i] ?? 0));
  t.equal(waits.length, 4);
  for (const [i, leastMs] of [50, 100, 200, 400].entries()) {
    // A timer may fire a fraction of a millisecond early.
    t.ok((waits[i] ?? 0) >= leastMs - 2, `wait ${i + 1} of ${waits[i]} ms is at least ${leastMs} ms`);
  }
});

t.test('429 with Retry-After is obeyed', async (t) => {
  const { server, watching } = await trialOf(t, {
    prepare: (server) =>
      server.failNext({ answer: { kind: 'status', status: 429, headers: { 'retry-after': '1' } } }),
  });
  await watching();
  const [first = 0, second = 0] = timesOf(server, 'list');
  t.ok(second - first >= 990, `${second - first} ms is at least a second`);
});

t.test('401 makes the credentials be read again', async (t) => {
  const { refreshed, watching } = await trialOf(t, {
    prepare: (server) => server.failNext({ answer: { kind: 'status', status: 401 } }),
  });
  await watching();
  t.equal(refreshed(), 1);
});

t.test('a refused watch goes on from its resourceVersion, without a list', async (t) => {
  for (const status of [401, 403, 429, 500, 503]) {
    await t.test(String(status), async (t) => {
      const { server, handler, watching } = await trialOf(t, {
        prepare: (server) => server.failNext({ verb: 'watch', times: 2, answer: { kind: 'status', status } }),
      });
      await watching();
      server.delete(removeA);
      await until('the change arrived', () => handler.events.length === 3);
      t.strictSame(handler.events, [...both, 'remove Service default/a']);
      t.equal(timesOf(server, 'list').length, 1);
    });
  }
});

t.test('a watch that is refused again and again leads to a list', async (t) => {
  const { server, handler, watching } = await trialOf(t, {
    prepare: (server) =>
      server.failNext({ verb: 'watch', times: 5, answer: { kind: 'status', status: 500 } }),
  });
  await watching();
  t.equal(timesOf(server, 'list').length, 2);
  t.strictSame(handler.events, both, 'nothing changed, nothing was delivered');
});

t.test('a server that has not reached our resourceVersion is listed again', async (t) => {
  const details = { causes: [{ reason: 'ResourceVersionTooLarge', message: 'Too large resource version' }] };
  const body = JSON.stringify({
    kind: 'Status',
    code: 504,
    reason: 'Timeout',
    message: 'Too large',
    details,
  });
  const { server, watching } = await trialOf(t, {
    prepare: (server) => server.failNext({ verb: 'watch', answer: { kind: 'status', status: 504, body } }),
  });
  await watching();
  t.equal(timesOf(server, 'list').length, 2);
});

t.test('a watch that the server ends is opened again at once, from the last event', async (t) => {
  const { server, handler, log, watching } = await trialOf(t);
  await watching();
  await sleep(150);
  server.put(service('c', '10.96.0.3'));
  await until('the event arrived', () => handler.events.length === 3);
  const endedMs = performance.now();
  server.streams()[0]?.end();
  await until('a second watch', () => timesOf(server, 'watch').length === 2);
  t.ok((timesOf(server, 'watch')[1] ?? 0) - endedMs < 1000);
  t.equal(server.requests().at(-1)?.query.resourceVersion, String(server.revision()));
  t.strictSame(log.lines, [], 'nothing to report');
});

t.test('watches that end at once never become a tight loop', async (t) => {
  const { server, reflector } = await trialOf(t, {
    timing: { backoffInitialMs: 50, backoffMaxMs: 100 },
    prepare: (server) => server.failNext({ verb: 'watch', times: 1000, answer: { kind: 'body', body: '' } }),
  });
  await reflector.synced;
  await sleep(600);
  const watches = timesOf(server, 'watch').length;
  t.ok(watches >= 2 && watches <= 13, `${watches} watches in 0.6 s`);
  t.equal(timesOf(server, 'list').length, 1);
});

t.test('events that come and go at once never become a tight loop', async (t) => {
  const bookmark = '{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"1002"}}}\n';
  const { server, reflector } = await trialOf(t, {
    timing: { backoffInitialMs: 50, backoffMaxMs: 100 },
    prepare: (server) =>
      server.failNext({ verb: 'watch', times: 1000, answer: { kind: 'body', body: bookmark } }),
  });
  await reflector.synced;
  await sleep(600);
  const watches = timesOf(server, 'watch').length;
  t.ok(watches >= 2 && watches <= 13, `${watches} watches in 0.6 s`);
});

t.test('timeoutSeconds ends a watch without a word, and the next one takes over', async (t) => {
  const { server, handler, log, watching } = await trialOf(t, {
    timing: { watchTimeoutSeconds: { min: 1, max: 1 } },
  });
  await watching();
  await until('a second watch', () => timesOf(server, 'watch').length === 2);
  server.put(service('c', '10.96.0.3'));
  await until('the event arrived', () => handler.events.length === 3);
  t.strictSame(log.lines, []);
});

t.test('bookmarks move the resourceVersion on, and deliver nothing', async (t) => {
  const { server, handler, watching } = await trialOf(t);
  await watching();
  await sleep(150);
  // Changes of another kind, which this watch does not see.
  for (let i = 0; i < 5; i += 1) server.put({ kind: 'Node', metadata: { name: `n${i}` } });
  server.streams()[0]?.bookmark();
  await sleep(50);
  server.streams()[0]?.end();
  await until('a second watch', () => timesOf(server, 'watch').length === 2);
  t.equal(server.requests().at(-1)?.query.resourceVersion, String(server.revision()));
  t.strictSame(handler.events, both);
});

t.test('a connection that is cut in the middle of an event loses nothing', async (t) => {
  const { server, handler, watching } = await trialOf(t);
  await watching();
  await sleep(150);
  server.streams()[0]?.write('{"type":"ADDED","object":{"metadata":{"na');
  await sleep(20);
  server.streams()[0]?.reset();
  server.put(service('c', '10.96.0.3'));
  await until('the event arrived', () => handler.events.length === 3);
  t.strictSame(handler.events, [...both, 'upsert Service default/c']);
  t.equal(timesOf(server, 'list').length, 1);
});

t.test('an event in two pieces, split inside a letter, is one event', async (t) => {
  const { server, handler, watching } = await trialOf(t);
  await watching();
  const object = service('c', '10.96.0.3', { spec: { selector: { who: 'zoë' } } });
  const metadata = { ...object.metadata, resourceVersion: '1003' };
  const line = Buffer.from(`${JSON.stringify({ type: 'ADDED', object: { ...object, metadata } })}\n`);
  const cut = line.indexOf(0xc3) + 1;
  server.streams()[0]?.write(line.subarray(0, cut));
  await sleep(50);
  server.streams()[0]?.write(line.subarray(cut));
  await until('the event arrived', () => handler.events.length === 3);
  t.match(handler.objects.get('Service default/c'), { spec: { selector: { who: 'zoë' } } });
});

t.test('garbage in a watch leads to a list: what it stood for may be lost', async (t) => {
  for (const garbage of ['no JSON\n', '[1,2]\n', '{"type":7}\n', `${errorPage}\n`]) {
    await t.test(garbage.trim().slice(0, 12), async (t) => {
      const { server, handler, log, watching } = await trialOf(t);
      await watching();
      server.streams()[0]?.silence();
      server.delete(removeA);
      server.streams()[0]?.write(garbage);
      await until('the change arrived', () => handler.events.length === 3);
      t.strictSame(handler.events, [...both, 'remove Service default/a']);
      t.equal(timesOf(server, 'list').length, 2);
      t.match(log.lines[0], { level: 'warn', fields: { err: { message: /a line that is no event/ } } });
    });
  }
});

t.test('an ERROR event leads to a list', async (t) => {
  for (const code of [410, 500]) {
    await t.test(String(code), async (t) => {
      const { server, handler, watching } = await trialOf(t);
      await watching();
      server.streams()[0]?.silence();
      server.delete(removeA);
      server.put(service('b', '10.96.0.9'));
      server
        .streams()[0]
        ?.write(`${JSON.stringify({ type: 'ERROR', object: { kind: 'Status', code, message: 'x' } })}\n`);
      await until('the changes arrived', () => handler.events.length === 4);
      t.strictSame(handler.events, [...both, 'upsert Service default/b', 'remove Service default/a']);
      t.equal(timesOf(server, 'list').length, 2);
    });
  }
});

t.test('an ERROR event 429 is waited out, and the watch goes on', async (t) => {
  const { server, handler, watching } = await trialOf(t);
  await watching();
  server.streams()[0]?.error(429, 'too many');
  await until('a second watch', () => timesOf(server, 'watch').length === 2);
  server.put(service('c', '10.96.0.3'));
  await until('the event arrived', () => handler.events.length === 3);
  t.equal(timesOf(server, 'list').length, 1);
});

t.test('410 again and again is not a tight loop', async (t) => {
  const { server, reflector } = await trialOf(t, {
    timing: { backoffInitialMs: 50, backoffMaxMs: 100 },
    prepare: (server) =>
      server.failNext({ verb: 'watch', times: 1000, answer: { kind: 'status', status: 410 } }),
  });
  await reflector.synced;
  await sleep(600);
  const watches = timesOf(server, 'watch').length;
  t.ok(watches >= 3 && watches <= 14, `${watches} watches in 0.6 s`);
  t.match(reflector.trouble(), { message: /HTTP 410/ });
});

t.test('a watch that stays silent past its time is cut and opened again', async (t) => {
  const { server, handler, watching } = await trialOf(t, {
    timing: { watchTimeoutSeconds: { min: 1, max: 1 }, watchSlackMs: 300 },
    prepare: (server) => server.failNext({ verb: 'watch', answer: { kind: 'silent' } }),
  });
  await until('the silent watch', () => timesOf(server, 'watch').length === 1);
  server.put(service('c', '10.96.0.3'));
  await watching();
  await until('the event arrived', () => handler.events.length === 3);
  const [first = 0, second = 0] = timesOf(server, 'watch');
  t.ok(second - first >= 1290, `${second - first} ms`);
  t.equal(timesOf(server, 'list').length, 1);
});

t.test('bytes without events keep a watch alive', async (t) => {
  const { server, watching } = await trialOf(t, {
    timing: { watchTimeoutSeconds: { min: 60, max: 60 }, watchSlackMs: -59_000 },
  });
  await watching();
  for (let i = 0; i < 9; i += 1) {
    await sleep(150);
    server.streams()[0]?.write('\n');
  }
  t.equal(timesOf(server, 'watch').length, 1, '1.35 s with a deadline of 1 s');
});

t.test('a handler that throws is reported with the object, and ends nothing', async (t) => {
  const { server, handler, log, watching } = await trialOf(t, {
    handler: (recording) => ({
      upsert: (object) => {
        recording.upsert(object);
        if (object.metadata.name === 'a') throw new Error('a is too much');
      },
      remove: (ref) => {
        recording.remove(ref);
        throw new Error('and removing, too');
      },
    }),
  });
  await watching();
  t.strictSame(handler.events, both, 'from the list');
  server.put(service('a', '10.96.0.9'));
  server.delete({ kind: 'Service', namespace: 'default', name: 'b' });
  server.put(service('c', '10.96.0.3'));
  await until('all arrived', () => handler.events.length === 5);
  t.strictSame(handler.events.slice(2), [
    'upsert Service default/a',
    'remove Service default/b',
    'upsert Service default/c',
  ]);
  const errors = log.lines.filter(({ level }) => level === 'error');
  t.match(
    errors.map(({ fields }) => fields),
    [
      { object: 'Service default/a', err: { message: 'a is too much' } },
      { object: 'Service default/a' },
      { object: 'Service default/b', err: { message: 'and removing, too' } },
    ],
  );
  t.equal(timesOf(server, 'watch').length, 1, 'the watch went on');
});

t.test('an object of a wrong shape is reported and left out, and the rest arrives', async (t) => {
  const { server, handler, log, watching } = await trialOf(t, {
    prepare: (server) => {
      server.put({ kind: 'Service', metadata: { name: 'bad', namespace: 'default' }, spec: 'none' });
    },
  });
  await watching();
  t.strictSame(handler.events, both);
  const stream = server.streams()[0];
  stream?.write('{"type":"ADDED","object":7}\n');
  stream?.write(
    '{"type":"MODIFIED","object":{"metadata":{"namespace":"default","resourceVersion":"1004"}}}\n',
  );
  stream?.write('{"type":"DELETED"}\n');
  stream?.write('{"type":"EXPANDED","object":{}}\n');
  server.put(service('c', '10.96.0.3'));
  await until('the event arrived', () => handler.events.length === 3);
  t.equal(timesOf(server, 'watch').length, 1);
  t.match(
    log.lines.map(({ fields, text }) => ({ ...fields, text })),
    [
      { object: 'Service default/bad', problems: [{ field: 'spec', message: 'is not an object' }] },
      { object: 'Service default/bad', text: /could not be read/ },
      { text: /without a name/ },
      { text: /without a name/ },
      { text: /no name/ },
      { type: 'EXPANDED' },
    ],
  );
});

t.test('a new state of a wrong shape leaves the last good one in force', async (t) => {
  const { server, handler, watching, log } = await trialOf(t);
  await watching();
  server.put({ kind: 'Service', metadata: { name: 'a', namespace: 'default' }, spec: 3 });
  await until('it was reported', () => log.lines.length === 2);
  server.compact();
  server.streams()[0]?.error(410, 'gone');
  await until('a second list', () => timesOf(server, 'list').length === 2);
  await until('a second watch', () => timesOf(server, 'watch').length === 2);
  t.strictSame(handler.events, both, 'neither changed nor removed');
});

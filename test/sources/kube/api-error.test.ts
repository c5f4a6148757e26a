import t from 'tap';
import {
  errorFromAnswer,
  errorFromEvent,
  isBadRequest,
  isConflict,
  isExpired,
  isNotFound,
  isTooLargeResourceVersion,
  isUnauthorized,
} from '../../../lib/sources/kube/api-error.js';

const nowMs = Date.parse('2024-05-01T12:00:00Z');
const answer = (status: number, body: string, headers: { retryAfter?: string; contentType?: string } = {}) =>
  errorFromAnswer(
    'GET https://k/api',
    status,
    { retryAfter: headers.retryAfter, contentType: headers.contentType },
    body,
    nowMs,
  );

t.test('a Status is read', async (t) => {
  const details = { retryAfterSeconds: 3, causes: [{ reason: 'ResourceVersionTooLarge' }, 7, null] };
  const body = JSON.stringify({ kind: 'Status', message: 'not yet', reason: 'Timeout', code: 504, details });
  const error = answer(504, body);
  t.match(error, {
    message: 'GET https://k/api: HTTP 504: not yet',
    status: 504,
    reason: 'Timeout',
    retryAfterMs: 3000,
    origin: 'answer',
  });
  t.ok(isTooLargeResourceVersion(error));
});

t.test('whatever else a proxy sends is described', async (t) => {
  for (const [body, contentType, message] of [
    [
      '<html>\n <b>Bad',
      'text/html',
      'GET https://k/api: HTTP 502: not a Kubernetes Status (text/html): <html> <b>Bad',
    ],
    ['', undefined, 'GET https://k/api: HTTP 502: empty answer (no content type)'],
    [
      'null',
      'application/json',
      'GET https://k/api: HTTP 502: not a Kubernetes Status (application/json): null',
    ],
    ['{"message":5,"details":[]}', 'x', /not a Kubernetes Status \(x\): \{"message":5/],
    ['x'.repeat(5000), 'x', /^.{100,250}$/],
  ] as const) {
    t.match(answer(502, body, { ...(contentType && { contentType }) }), { message, status: 502 });
  }
});

t.test('Retry-After is seconds or a date, and wins over the Status', async (t) => {
  const body = '{"details":{"retryAfterSeconds":9}}';
  t.equal(answer(429, body, { retryAfter: '2' }).retryAfterMs, 2000);
  t.equal(answer(429, body, { retryAfter: 'Wed, 01 May 2024 12:00:30 GMT' }).retryAfterMs, 30_000);
  t.equal(answer(429, body, { retryAfter: 'Wed, 01 May 2024 11:00:00 GMT' }).retryAfterMs, 0);
  t.equal(answer(429, body, { retryAfter: 'soon' }).retryAfterMs, 9000);
  t.equal(answer(429, '').retryAfterMs, undefined);
});

t.test('an ERROR event is read, whatever it holds', async (t) => {
  t.match(errorFromEvent('WATCH /x', { code: 410, message: 'too old' }), {
    message: 'WATCH /x: ERROR event 410: too old',
    status: 410,
    origin: 'event',
  });
  for (const object of [undefined, null, 7, [], {}]) t.equal(errorFromEvent('x', object).status, 500);
});

t.test('predicates tell the cases apart', async (t) => {
  t.ok(isExpired(answer(410, '')));
  t.ok(isExpired(errorFromEvent('x', { code: 410 })));
  t.ok(isUnauthorized(answer(401, '')));
  t.ok(isBadRequest(answer(400, '')));
  for (const is of [isExpired, isUnauthorized, isBadRequest, isTooLargeResourceVersion]) {
    t.notOk(is(answer(500, '')));
    t.notOk(is(new Error('410')));
    t.notOk(is(undefined));
  }
});

t.test('what is there already, and what is not there, is told from other refusals', async (t) => {
  t.same(
    [404, 409, 422].map((status) => isNotFound(answer(status, ''))),
    [true, false, false],
  );
  t.same(
    [404, 409, 422].map((status) => isConflict(answer(status, ''))),
    [false, true, false],
  );
  t.notOk(isConflict(new Error('409')));
});

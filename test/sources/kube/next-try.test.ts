import t from 'tap';
import {
  errorFromAnswer,
  errorFromEvent,
  MalformedAnswerError,
} from '../../../lib/sources/kube/api-error.js';
import { type Failure, type NextTry, nextTry } from '../../../lib/sources/kube/next-try.js';

const http = (status: number, body = '') =>
  errorFromAnswer('GET x', status, { retryAfter: undefined, contentType: undefined }, body, 0);
const event = (code: number) => errorFromEvent('WATCH x', { code });
const tooLarge = http(504, '{"details":{"causes":[{"reason":"ResourceVersionTooLarge"}]}}');

const watch: Failure = { attempted: 'watch', fieldSelectorOptional: false, failedWatches: 1 };
const list: Failure = { attempted: 'list', fieldSelectorOptional: false, failedWatches: 0 };

const table: readonly (readonly [string, unknown, Failure, NextTry])[] = [
  ['a list fails', new Error('ECONNREFUSED'), list, 'list'],
  ['a list expires between pages', http(410), list, 'list'],
  ['a list is refused', http(403), list, 'list'],
  [
    'the field selector is unknown',
    http(400),
    { ...list, fieldSelectorOptional: true },
    'list-without-field-selector',
  ],
  [
    'the field selector is unknown to a watch',
    http(400),
    { ...watch, fieldSelectorOptional: true },
    'list-without-field-selector',
  ],
  ['400 for another reason', http(400), list, 'list'],
  ['400 to a watch', http(400), watch, 'list'],
  ['the connection breaks', new Error('ECONNRESET'), watch, 'watch'],
  [
    'the connection breaks for the tenth time',
    new Error('ECONNREFUSED'),
    { ...watch, failedWatches: 10 },
    'watch',
  ],
  ['410 as the answer', http(410), watch, 'list'],
  ['410 as an event', event(410), watch, 'list'],
  ['401', http(401), watch, 'watch'],
  ['403', http(403), watch, 'watch'],
  ['404', http(404), watch, 'list'],
  ['429', http(429), watch, 'watch'],
  ['429 for the tenth time', http(429), { ...watch, failedWatches: 10 }, 'watch'],
  ['429 as an event', event(429), watch, 'watch'],
  ['500', http(500), watch, 'watch'],
  ['500 for the fifth time', http(500), { ...watch, failedWatches: 5 }, 'list'],
  ['500 as an event', event(500), watch, 'list'],
  ['the server is behind us', tooLarge, watch, 'list'],
  ['a line was garbage', new MalformedAnswerError('x'), watch, 'list'],
];

t.test('what is tried next', async (t) => {
  for (const [what, error, failure, expected] of table) {
    t.equal(nextTry(error, failure), expected, `${what}: ${expected}`);
  }
});

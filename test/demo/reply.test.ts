// What a client's line means.
import t from 'tap';
import { answererOf, isAnswer, isRefused, parseReplies } from '../../lib/demo/reply.js';

t.test('one reply a line: answers and failures', async (t) => {
  const replies = parseReplies(
    '{"id":"/1","text":"hello, says web at 10.244.0.11:8080","clientPort":5}\n{"id":"/2","error":"ECONNREFUSED"}\n',
  );
  t.same(replies.map(isAnswer), [true, false]);
  t.same(replies.map(isRefused), [false, true]);
  t.same(replies.map(answererOf), ['10.244.0.11:8080', undefined]);
});

t.test('a failure of another kind is no refusal', async (t) => {
  t.notOk(isRefused({ id: '/1', error: 'ETIMEDOUT' }));
});

t.test('anything else is an error of the client program', async (t) => {
  t.throws(() => parseReplies('{"id":"/1"}\n'), /neither an answer nor an error/);
  t.throws(() => parseReplies('7\n'), /neither an answer nor an error/);
});

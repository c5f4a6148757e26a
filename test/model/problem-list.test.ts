// One list of all problems.
import t from 'tap';
import { createProblemList } from '../../lib/model/problem-list.js';

const problem = (object: string, field: string) => ({ object, field, message: 'm' });

t.test('problems come sorted by object, each object in its own order', async (t) => {
  const problems = createProblemList();
  problems.set('b', [problem('b', 'z'), problem('b', 'a')]);
  problems.set('a', [problem('a', 'x')]);
  problems.set('conflict', [problem('b', 'portal')]);
  t.same(
    problems.list().map(({ object, field }) => `${object} ${field}`),
    ['a x', 'b z', 'b a', 'b portal'],
  );
});

t.test('the order does not depend on what came first', async (t) => {
  const sources = ['Service default/b', 'portal of default/b', 'Service default/a'];
  const listOf = (order: readonly string[]): readonly string[] => {
    const problems = createProblemList();
    for (const source of order) problems.set(source, [problem(source.slice(-1), source)]);
    return problems.list().map(({ field }) => field);
  };
  const expected = ['Service default/a', 'Service default/b', 'portal of default/b'];
  t.same(listOf(sources), expected);
  t.same(listOf(sources.toReversed()), expected);
});

t.test('the list is the same array until a problem comes or goes', async (t) => {
  const problems = createProblemList();
  const empty = problems.list();
  problems.set('a', []);
  t.equal(problems.list(), empty);
  problems.set('a', [problem('a', 'x')]);
  const one = problems.list();
  t.equal(one.length, 1);
  problems.set('a', [problem('a', 'x')]);
  t.equal(problems.list(), one);
  problems.set('a', []);
  problems.set('a', [problem('a', 'x')]);
  t.equal(problems.list(), one, 'nor if it went and came back');
  problems.set('a', []);
  t.same(problems.list(), []);
});

// How events on one object between two syncs become one change, or none.
import t from 'tap';
import { createChangeTracker } from '../../lib/model/change-tracker.js';

interface Value {
  readonly text: string;
}

const tracker = () => createChangeTracker<Value>((a, b) => a.text === b.text);

t.test('events coalesce: the oldest previous, the newest current', async (t) => {
  // Events are values, '-' a removal; `settled` is what was taken before ('-': not there).
  const table: readonly [what: string, settled: string, events: readonly string[], change: string][] = [
    ['add', '-', ['a'], '- to a'],
    ['add + update = add', '-', ['a', 'b'], '- to b'],
    ['add + remove = nothing', '-', ['a', '-'], ''],
    ['update + update = update', 'a', ['b', 'c'], 'a to c'],
    ['update + remove = remove', 'a', ['b', '-'], 'a to -'],
    ['remove + add = update', 'a', ['-', 'b'], 'a to b'],
    ['remove + add of the same = nothing', 'a', ['-', 'a'], ''],
    ['update + back = nothing', 'a', ['b', 'a'], ''],
    ['back + forth = update', 'a', ['b', 'a', 'b'], 'a to b'],
    ['the same again = nothing', 'a', ['a'], ''],
    ['removing what is absent = nothing', '-', ['-'], ''],
    ['removing twice = remove', 'a', ['-', '-'], 'a to -'],
  ];
  const stateOf = (text: string): Value | undefined => (text === '-' ? undefined : { text });
  for (const [what, settled, events, expected] of table) {
    const subject = tracker();
    subject.set('web', stateOf(settled));
    subject.take();
    for (const event of events) subject.set('web', stateOf(event));
    t.equal(subject.pending, expected === '' ? 0 : 1, `${what}: pending`);
    const changes = [...subject.take().values()].map(
      ({ previous, current }) => `${previous?.text ?? '-'} to ${current?.text ?? '-'}`,
    );
    t.equal(changes.join(), expected, what);
    t.equal(subject.pending, 0, 'what was taken is settled');
  }
});

t.test('set() tells whether the event said anything new', async (t) => {
  const subject = tracker();
  t.equal(subject.set('web', undefined), false);
  t.equal(subject.set('web', { text: 'a' }), true);
  t.equal(subject.set('web', { text: 'a' }), false);
  subject.take();
  t.equal(subject.set('web', { text: 'a' }), false);
  t.equal(subject.set('web', { text: 'b' }), true);
  t.equal(subject.set('web', { text: 'a' }), true, 'going back is news as well');
});

t.test('each event is counted, and each object that differs is pending once', async (t) => {
  const subject = tracker();
  subject.set('a', { text: '1' });
  subject.set('a', { text: '2' });
  subject.set('b', { text: '1' });
  subject.set('c', undefined);
  t.same([subject.pending, subject.total], [2, 4]);
  t.same([...subject.take().keys()], ['a', 'b'], 'in the order in which they came up');
  t.same([subject.pending, subject.total], [0, 4]);
});

t.test('the settled value is the one last taken, and comes back as the same object', async (t) => {
  const subject = tracker();
  const first = { text: 'a' };
  subject.set('web', first);
  t.equal(subject.settled('web'), undefined);
  subject.take();
  subject.set('web', { text: 'b' });
  t.equal(subject.settled('web'), first);
  subject.set('web', { text: 'a' });
  t.equal(subject.settled('web'), first);
  subject.set('web', { text: 'b' });
  t.equal(subject.take().get('web')?.previous, first);
});

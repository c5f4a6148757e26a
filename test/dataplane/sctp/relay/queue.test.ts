import t from 'tap';
import { Queue, type Queued } from '../../../../lib/dataplane/sctp/relay/queue.js';

class Item implements Queued<Item> {
  readonly name: string;
  queue: Queue<Item> | undefined;
  previous: Item | undefined;
  next: Item | undefined;

  constructor(name: string) {
    this.name = name;
  }
}

const namesOf = (queue: Queue<Item>): string =>
  queue
    .items()
    .map(({ name }) => name)
    .join('');

t.test('keeps the order of arrival; whoever joins anew, or another queue, leaves its place', async (t) => {
  const [a, b, c] = [new Item('a'), new Item('b'), new Item('c')];
  const queue = new Queue<Item>();
  const other = new Queue<Item>();
  t.equal(queue.first, undefined);
  for (const item of [a, b, c]) queue.add(item);
  t.same([namesOf(queue), queue.first?.name, queue.size], ['abc', 'a', 3]);
  queue.add(a);
  t.equal(namesOf(queue), 'bca');
  other.add(c);
  t.same([namesOf(queue), namesOf(other)], ['ba', 'c']);
  queue.remove(c);
  t.same([queue.size, other.size], [2, 1], 'it is not there');
  queue.remove(b);
  queue.remove(a);
  t.same([namesOf(queue), queue.first, queue.size], ['', undefined, 0]);
  queue.add(b);
  t.equal(namesOf(queue), 'b');
});

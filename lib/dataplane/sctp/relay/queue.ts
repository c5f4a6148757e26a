// dataplane/sctp/relay/queue.ts: things in the order in which they came to a state, so that the oldest can make room.
// Linked through the things themselves: joining and leaving cost the same however many there are.

export interface Queued<Item extends Queued<Item>> {
  /** The one that it is in; an item is in one at most. */
  queue: Queue<Item> | undefined;
  previous: Item | undefined;
  next: Item | undefined;
}

export class Queue<Item extends Queued<Item>> {
  #first: Item | undefined;
  #last: Item | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** The one that has been here longest. */
  get first(): Item | undefined {
    return this.#first;
  }

  /** At the end; out of the queue that it was in. */
  add(item: Item): void {
    item.queue?.remove(item);
    item.queue = this;
    item.previous = this.#last;
    if (this.#last === undefined) this.#first = item;
    else this.#last.next = item;
    this.#last = item;
    this.#size++;
  }

  /** Nothing, where it is not here. */
  remove(item: Item): void {
    if (item.queue !== this) return;
    if (item.previous === undefined) this.#first = item.next;
    else item.previous.next = item.next;
    if (item.next === undefined) this.#last = item.previous;
    else item.next.previous = item.previous;
    item.queue = undefined;
    item.previous = undefined;
    item.next = undefined;
    this.#size--;
  }

  /** All of them, as they are now: each may leave while its turn comes. */
  items(): readonly Item[] {
    const items: Item[] = [];
    for (let item = this.#first; item !== undefined; item = item.next) items.push(item);
    return items;
  }
}

// The loop tells each handler of its own descriptors, in its own slot, and of nothing after it has left.
import { spawn } from 'node:child_process';
import t from 'tap';
import { AF_UNIX, EPOLLIN, SOCK_NONBLOCK, SOCK_STREAM } from '../../../lib/dataplane/native/abi/constants.js';
import { createOwnerTable, Descriptors } from '../../../lib/dataplane/native/descriptors.js';
import { EpollLoop } from '../../../lib/dataplane/native/epoll-loop.js';
import { NativeMemory } from '../../../lib/dataplane/native/native-memory.js';
import * as sys from '../../../lib/dataplane/native/syscalls.js';

function started() {
  const descriptors = new Descriptors(1, createOwnerTable());
  const faults: unknown[] = [];
  const loop = new EpollLoop(descriptors, (error) => faults.push(error));
  const memory = new NativeMemory(8);
  /** Two connected sockets; the first one is watched. */
  const pair = (): readonly [number, number] => {
    sys.socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, memory.address);
    return [descriptors.adopt(memory.words[0] ?? -1), descriptors.adopt(memory.words[1] ?? -1)];
  };
  const poke = (fd: number): void => {
    sys.send(fd, memory.address, 1, 0);
  };
  const turn = (): void => loop.turn(0, () => {});
  return { loop, descriptors, faults, pair, poke, turn };
}

t.test('a handler is told which of its descriptors is ready, by tag', async (t) => {
  const { loop, pair, poke, turn } = started();
  const told: string[] = [];
  const slot = loop.claim({ ready: (events, tag) => told.push(`${events} ${tag}`) });
  const [[a, b], [c, d]] = [pair(), pair()];
  loop.add(a, EPOLLIN, slot, 7);
  loop.add(c, EPOLLIN, slot, 65_535);
  turn();
  t.same(told, []);
  poke(d);
  turn();
  t.same(told, [`${EPOLLIN} 65535`]);
  loop.remove(c);
  poke(b);
  turn();
  t.same(told.slice(1), [`${EPOLLIN} 7`]);
});

t.test(
  'a handler that leaves while events are delivered hears nothing more, nor does who gets its slot',
  async (t) => {
    const { loop, descriptors, pair, poke, turn } = started();
    let calls = 0;
    let strangers = 0;
    const pairs = [pair(), pair()];
    const slots: number[] = [];
    const leaveAll = (): void => {
      calls++;
      for (const [index, [near]] of pairs.entries()) {
        loop.release(slots[index] ?? -1);
        descriptors.close(near);
      }
      loop.claim({ ready: () => strangers++ });
    };
    for (const [near] of pairs) {
      const slot = loop.claim({ ready: leaveAll });
      slots.push(slot);
      loop.add(near, EPOLLIN, slot, 0);
    }
    for (const [, far] of pairs) poke(far);
    turn();
    turn();
    t.equal(calls, 1);
    t.equal(strangers, 0);
  },
);

t.test(
  'a closed descriptor that a child process still holds is not taken for who has its slot',
  async (t) => {
    const { loop, descriptors, pair, poke, turn } = started();
    const [near, far] = pair();
    let calls = 0;
    let strangers = 0;
    const slot = loop.claim({ ready: () => calls++ });
    loop.add(near, EPOLLIN, slot, 1);
    const holder = spawn('sleep', ['60'], { stdio: ['ignore', 'ignore', 'ignore', near] });
    t.teardown(() => holder.kill('SIGKILL'));
    loop.release(slot);
    descriptors.close(near);
    turn();
    const [mine, theirs] = pair();
    t.equal(loop.claim({ ready: () => strangers++ }), slot);
    loop.add(mine, EPOLLIN, slot, 1);
    poke(far);
    turn();
    t.same([calls, strangers], [0, 0]);
    poke(theirs);
    turn();
    t.same([calls, strangers], [0, 1]);
  },
);

t.test('a fault in one handler is reported and does not keep the others from their events', async (t) => {
  const { loop, faults, pair, poke, turn } = started();
  let served = 0;
  for (const ready of [
    (): void => {
      throw new Error('a fault');
    },
    (): void => {
      served++;
    },
  ]) {
    const [near, far] = pair();
    loop.add(near, EPOLLIN, loop.claim({ ready }), 0);
    poke(far);
  }
  turn();
  t.equal(served, 1);
  t.match(faults, [{ message: 'a fault' }]);
});

t.test('work called again leaves time for events, and every work gets its turn, in order', async (t) => {
  const { loop, pair, poke, turn } = started();
  const [near, far] = pair();
  const steps: string[] = [];
  loop.add(near, EPOLLIN, loop.claim({ ready: () => steps.push('event') }), 0);
  for (let number = 0; number < 6; number++) {
    const work = {
      resume: () => {
        steps.push(String(number));
        for (const endMs = performance.now() + 2; performance.now() < endMs; );
        loop.again(work);
      },
    };
    loop.again(work);
  }
  poke(far);
  for (let turns = 0; turns < 9; turns++) turn();
  const order = [...'012345012'];
  t.same(
    steps,
    order.flatMap((step) => ['event', step]),
    'each took all the time there is in a turn',
  );
});

t.test('what waits for the end of a turn does not wait for bulk', async (t) => {
  const { loop, turn } = started();
  const steps: string[] = [];
  const late = { resume: () => steps.push('of work') };
  loop.again({
    resume: () => {
      steps.push('work');
      loop.atEndOfTurn(late);
    },
  });
  loop.atEndOfTurn({ resume: () => steps.push('of a handler') });
  turn();
  t.same(steps, ['of a handler', 'work', 'of work']);
});

t.test('work that is not done is resumed, and no wait blocks meanwhile', async (t) => {
  const { loop } = started();
  let resumed = 0;
  const work = {
    resume: () => {
      if (++resumed < 3) loop.again(work);
    },
  };
  loop.again(work);
  const startedMs = performance.now();
  for (let turns = 0; turns < 3; turns++) loop.turn(5000, () => {});
  t.equal(resumed, 3);
  t.ok(performance.now() - startedMs < 1000);
});

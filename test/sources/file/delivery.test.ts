// What the handler is told, and when.
import t from 'tap';
import { formatRef, type KubeObject, refOf } from '../../../lib/model/kube-objects.js';
import { silentLog } from '../../../lib/proxier/log.js';
import type { Held } from '../../../lib/sources/file/decode.js';
import { createDelivery } from '../../../lib/sources/file/delivery.js';
import { fakeClock } from '../../support/fake-clock.js';

function holding(...names: readonly string[]): ReadonlyMap<string, Held> {
  const objects = names.map((name): KubeObject => ({ kind: 'Node', metadata: { namespace: '', name } }));
  return new Map(
    objects.map((object) => {
      const key = formatRef(refOf(object));
      return [key, { key, json: JSON.stringify(object) }];
    }),
  );
}

function setUp(failing?: string) {
  const calls: string[] = [];
  const clock = fakeClock();
  let stopped = false;
  const delivery = createDelivery({
    handler: {
      upsert(object) {
        calls.push(`+${object.metadata.name}`);
        if (object.metadata.name === failing) throw new Error('no');
      },
      remove: ({ name }) => calls.push(`-${name}`),
    },
    log: silentLog,
    clock,
    isStopped: () => stopped,
  });
  const stop = () => {
    stopped = true;
  };
  return { delivery, calls, clock, stop, taken: () => calls.splice(0).join(' ') };
}

t.test('only differences are delivered, what came before what left', async (t) => {
  const { delivery, taken } = setUp();
  await delivery.deliver(holding('a', 'b'), false);
  t.equal(taken(), '+a +b');
  await delivery.deliver(holding('b', 'c'), false);
  t.equal(taken(), '+c -a');
  await delivery.deliver(holding('b', 'c'), false);
  t.equal(taken(), '');
});

t.test(
  'what leaves while a file is being written stays until it is read, as it may be in that one',
  async (t) => {
    const { delivery, taken } = setUp();
    await delivery.deliver(holding('a', 'b', 'c'), false);
    taken();
    await delivery.deliver(holding('d'), true);
    t.equal(taken(), '+d', 'additions do not wait');
    await delivery.deliver(holding('a', 'c', 'd'), false);
    t.equal(taken(), '-b', 'a and c were never away');
  },
);

t.test('files that are written without end hold a removal back for a second', async (t) => {
  const { delivery, taken, clock } = setUp();
  await delivery.deliver(holding('a', 'b'), false);
  taken();
  await delivery.deliver(holding('a'), true);
  await clock.advance(900);
  await delivery.deliver(holding('a'), true);
  t.equal(taken(), '');
  await clock.advance(100);
  await delivery.deliver(holding('a'), true);
  t.equal(taken(), '-b');
});

t.test('a handler that throws misses that object only', async (t) => {
  const { delivery, taken } = setUp('a');
  await delivery.deliver(holding('a', 'b'), false);
  t.equal(taken(), '+a +b');
});

t.test('nothing follows once it is stopped', async (t) => {
  const { delivery, taken, stop } = setUp();
  stop();
  await delivery.deliver(holding('a', 'b'), false);
  t.equal(taken(), '+a');
});

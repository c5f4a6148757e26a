// The relay's thread, as the main thread sees it: it starts, answers, ends when it is told to, and is missed when it ends by
// itself. No raw socket is needed for that.
import t from 'tap';
import type { FromRelay } from '../../../lib/dataplane/sctp/messages.js';
import { resolveOptions } from '../../../lib/dataplane/sctp/options.js';
import { createListenerBlock, createTotals } from '../../../lib/dataplane/sctp/relay/counters.js';
import { ThreadHandle } from '../../../lib/dataplane/sctp/thread-handle.js';
import { eventually } from '../../support/eventually.js';
import { breakThread, openDescriptors } from './lost-thread.js';

function makeHandle() {
  const seen: FromRelay[] = [];
  const died: unknown[] = [];
  let lost = 0;
  const options = resolveOptions({
    endpointSetAsideMs: 0,
    checkDescriptors: true,
    died: (error) => died.push(error),
  });
  const handle = new ThreadHandle(
    options,
    createTotals(),
    (message) => seen.push(message),
    () => lost++,
  );
  return { handle, seen, died, lost: () => lost };
}

const listen = (id: number) =>
  ({
    kind: 'listen',
    id,
    port: 10_000 + id,
    ipFamily: 'IPv4',
    counters: createListenerBlock(),
    endpoints: [],
    resting: [],
  }) as const;

t.test('it answers what it is told, in that order, and ends when it is told to', async (t) => {
  const before = openDescriptors().length;
  const { handle, seen, died, lost } = makeHandle();
  await handle.start();
  for (let id = 1; id <= 100; id++) handle.post(listen(id));
  handle.settle();
  for (let id = 1; id <= 100; id++) handle.post({ kind: 'close', id });
  await eventually('all are closed', () => seen.length === 100);
  t.same(
    seen,
    Array.from({ length: 100 }, (_, at) => ({ kind: 'closed', id: at + 1 })),
  );
  handle.post({ kind: 'drain' });
  await eventually('nothing is open', () => seen.at(-1)?.kind === 'drained');
  await handle.close();
  t.same(died, []);
  t.equal(lost(), 0);
  t.equal(handle.isLost, false);
  await eventually('nothing is left open', () => openDescriptors().length <= before);
});

t.test('a message that can not be handled is reported, and those after it are handled', async (t) => {
  const { handle, seen } = makeHandle();
  t.teardown(() => handle.close());
  await handle.start();
  handle.post(listen(1));
  handle.post({ ...listen(2), port: 10_001 });
  handle.post({ kind: 'close', id: 1 });
  await eventually('the last one is handled', () => seen.at(-1)?.kind === 'closed');
  t.match(seen[0], { kind: 'fault', fields: { err: { message: /10001 has a listener already/ } } });
});

t.test('close() without start() is nothing', async () => {
  await makeHandle().handle.close();
});

t.test('a thread that ends by a fault is reported once, and nobody waits for it any more', async (t) => {
  const { handle, died, lost } = makeHandle();
  const before = openDescriptors();
  await handle.start();
  breakThread(before);
  handle.post(listen(1));
  await eventually('it is missed', () => died.length > 0);
  t.match(died, [{ message: /epoll_wait/ }]);
  t.equal(lost(), 1);
  t.equal(handle.isLost, true);
  const startedMs = performance.now();
  for (let id = 2; id <= 100; id++) {
    handle.post(listen(id));
    handle.settle();
  }
  t.ok(performance.now() - startedMs < 1000, 'settle() does not wait');
  await handle.close();
  t.equal(died.length, 1);
});

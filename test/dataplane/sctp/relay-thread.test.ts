// The relay's thread without a thread: its run() in this one, told beforehand what its mailbox will hold. What it does with
// packets is tested on real sockets (data-plane-program.ts).
import t from 'tap';
import { EFD_CLOEXEC, EFD_NONBLOCK } from '../../../lib/dataplane/native/abi/constants.js';
import { Control, createControlMemory } from '../../../lib/dataplane/native/control.js';
import { createOwnerTable } from '../../../lib/dataplane/native/descriptors.js';
import * as sys from '../../../lib/dataplane/native/syscalls.js';
import { Waker } from '../../../lib/dataplane/native/wake.js';
import type { FromRelay, ToRelay } from '../../../lib/dataplane/sctp/messages.js';
import { createListenerBlock, createTotals, readTotals } from '../../../lib/dataplane/sctp/relay/counters.js';
import { defaultRelayOptions } from '../../../lib/dataplane/sctp/relay/options.js';
import { RelayThread } from '../../../lib/dataplane/sctp/relay-thread.js';

/** Everything that it posts until its mailbox is empty, when it is told to stop. */
function run(messages: readonly ToRelay[]): readonly FromRelay[] {
  const memory = createControlMemory(1);
  const control = new Control(memory);
  const totals = createTotals();
  const wakeFd = sys.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  const posted: FromRelay[] = [];
  const left = [...messages];
  for (const _ of messages) control.posting(0);
  new Waker().wake(wakeFd);
  const thread = new RelayThread(
    {
      wakeFd,
      control: memory,
      totals,
      ownerTable: createOwnerTable(),
      options: { ...defaultRelayOptions, endpointSetAsideMs: 0 },
    },
    {
      receive: () => {
        const next = left.shift();
        if (next === undefined) control.stop(0);
        return next;
      },
      post: (message) => posted.push(message),
    },
  );
  thread.run();
  sys.close(wakeFd);
  t.equal(control.hasMessages(0), false, 'each message is counted as handled');
  t.equal(readTotals(totals).flows, 0);
  return posted;
}

const listen = (id: number, port: number): ToRelay => ({
  kind: 'listen',
  id,
  port,
  ipFamily: 'IPv4',
  counters: createListenerBlock(),
  endpoints: [],
  resting: [],
});

t.test('it says when it runs, and returns when it is told to stop', async (t) => {
  t.same(run([]), [{ kind: 'ready' }]);
});

t.test('what needs an answer gets one, whoever is unknown', async (t) => {
  const posted = run([
    listen(1, 10_000),
    { kind: 'endpoints', id: 1, endpoints: [], resting: [] },
    { kind: 'endpoints', id: 9, endpoints: [], resting: [] },
    { kind: 'cut-endpoints', id: 1, endpoints: [] },
    { kind: 'cut' },
    { kind: 'close', id: 1 },
    { kind: 'close', id: 9 },
    { kind: 'drain' },
  ]);
  t.same(posted, [
    { kind: 'ready' },
    { kind: 'closed', id: 1 },
    { kind: 'closed', id: 9 },
    { kind: 'drained' },
  ]);
});

t.test('a fault in one message does not stop the others, and is said once', async (t) => {
  const posted = run([
    ...Array.from({ length: 50 }, (_, at) => listen(at + 1, 20_000)),
    listen(100, 10_000),
    { kind: 'close', id: 100 },
  ]);
  t.match(posted, [
    { kind: 'ready' },
    { kind: 'fault', fields: { err: { message: /20000 is one of the relay's own/ } } },
    { kind: 'closed', id: 100 },
  ]);
  t.equal(posted.length, 3);
});

// What a listener counts over the lives of the child.
import t from 'tap';
import { count, open, opened, rxBytes } from '../../../lib/dataplane/native/counter-block.js';
import { createListenerBlock } from '../../../lib/dataplane/sctp/relay/counters.js';
import { TerminatingSctpListener } from '../../../lib/dataplane/sctp-terminate/listener.js';
import { systemClock } from '../../../lib/proxier/clock.js';
import { configOf } from '../conformance/plane.js';

const spec = {
  key: 'echo',
  servicePortName: { namespace: 'default', name: 'echo', port: '', protocol: 'SCTP' },
  ipFamily: 'IPv4',
  scope: 'Cluster',
} as const;

function tally(counts: Readonly<Record<number, number>>, picks: number) {
  const block = new Float64Array(createListenerBlock());
  for (const [place, by] of Object.entries(counts)) count(block, Number(place), by);
  return { id: 1, block: [...block], picks: [['10.0.0.1:7', picks]] as const };
}

t.test('what was counted before goes on, but for what is open', async (t) => {
  const updates: unknown[] = [];
  const cut: unknown[] = [];
  const context = {
    clock: systemClock,
    updated: (balancing: unknown) => void updates.push(balancing),
    cutEndpoints: (endpoints: unknown) => void cut.push(endpoints),
    close: async () => {},
  };
  const first = configOf([]);
  const listener = new TerminatingSctpListener({ spec, port: 7, id: 1 }, first, context);
  t.match(listener.counters(), { opened: 0, open: 0, rxBytes: 0 });
  listener.lost();
  listener.tell(tally({ [opened]: 2, [open]: 1, [rxBytes]: 10 }, 2));
  listener.tell(tally({ [opened]: 3, [open]: 2, [rxBytes]: 15 }, 3));
  t.match(listener.counters(), { opened: 3, open: 2, rxBytes: 15 });
  listener.lost();
  listener.lost();
  t.match(listener.counters(), { opened: 3, open: 0, rxBytes: 15 });
  listener.tell(tally({ [opened]: 1, [open]: 1, [rxBytes]: 1 }, 1));
  t.match(listener.counters(), { opened: 4, open: 1, rxBytes: 16 });
  t.same([...listener.counters().picks], [['10.0.0.1:7', 4]]);

  listener.update(first);
  t.equal(updates.length, 0, 'the same endpoints');
  const endpoints = [{ ip: '10.0.0.1', port: 7 }];
  const parts = { affinityTimeoutMs: 5, drain: { kind: 'reset', afterMs: 0 } } as const;
  listener.update(configOf(endpoints, [], parts));
  t.same(updates, [{ endpoints, resting: [], affinityTimeoutMs: 5 }]);
  listener.update(configOf([], [], parts));
  t.same(updates.splice(1), [{ endpoints: [], resting: [], affinityTimeoutMs: 5 }]);
  t.same(cut, [endpoints]);
  await listener.close();
  listener.update(first);
  t.equal(updates.length, 1, 'closed');
});

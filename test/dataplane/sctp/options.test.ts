import t from 'tap';
import { resolveOptions } from '../../../lib/dataplane/sctp/options.js';

t.test('defaults', async (t) => {
  const { relay, anyPorts, died } = resolveOptions({ endpointSetAsideMs: 5000 });
  t.same(relay, {
    relayPorts: { first: 20_000, last: 29_999 },
    tryTimeoutMs: 1000,
    halfOpenTimeoutMs: 15_000,
    closedTimeoutMs: 3000,
    idleTimeoutMs: 3_600_000,
    maxFlows: 65_536,
    maxHalfOpen: 4096,
    firstTurn: 0,
    endpointSetAsideMs: 5000,
    whenClosed: 'keep',
  });
  t.same(anyPorts, { first: 10_000, last: 19_999 });
  t.throws(() => died(new Error('x')), /the thread of the SCTP relay has ended/);
});

t.test('a range of ports that is none is refused', async (t) => {
  for (const [first, last] of [
    [0, 10],
    [5, 4],
    [1, 65_536],
  ] as const)
    t.throws(() => resolveOptions({ endpointSetAsideMs: 0, relayPorts: { first, last } }), RangeError);
});

// The defaults of the linux data plane, and what its threads take of the descriptors.
import { availableParallelism } from 'node:os';
import t from 'tap';
import {
  pipesPerThread,
  resolveOptions,
  threadDescriptors,
  tuningOf,
} from '../../../lib/dataplane/linux/options.js';
import { readEphemeralPorts } from '../../../lib/dataplane/native/ephemeral-ports.js';

t.test('what is not said has its documented default', async (t) => {
  t.match(resolveOptions({ endpointSetAsideMs: 5000 }), {
    threads: Math.min(4, availableParallelism()),
    maxConnections: Number.POSITIVE_INFINITY,
    dialTimeoutMs: 1000,
    dialBudgetMs: 5000,
    halfClosedTimeoutMs: 60_000,
    udpIdleTimeoutMs: 30_000,
    keepAliveDelayMs: 15_000,
    checkDescriptors: false,
  });
});

t.test('what is said stays, zero too, and reaches the threads as plain data', async (t) => {
  const said = { endpointSetAsideMs: 0, dialBudgetMs: 0, busyPerMille: 0, udpIdleTimeoutMs: 7 };
  const tuning = tuningOf(resolveOptions(said));
  t.match(tuning, said);
  t.same(tuning.ephemeralPorts, readEphemeralPorts('/proc'));
  t.same(structuredClone(tuning), tuning);
});

t.test('pipes take a small part of the descriptors, however few or many there are', async (t) => {
  for (const descriptorLimit of [256, 1024, 20_000, 1_048_576, Number.POSITIVE_INFINITY]) {
    for (const threads of [1, 2, 4, 16]) {
      const options = resolveOptions({ endpointSetAsideMs: 0, descriptorLimit, threads });
      const pipes = pipesPerThread(options);
      t.ok(pipes >= 2 && pipes <= 64, `${pipes} of ${descriptorLimit} with ${threads} threads`);
      if (descriptorLimit >= 1024 && threads <= 4) t.ok(threadDescriptors(options) < descriptorLimit / 5);
    }
  }
});

// bench/soak/verdict.ts: PURE. Whether anything grew that should not, and whether all counters add up.
import type { CounterValues } from './plane-program.js';
import type { Tally } from './tally.js';

/** Of the data plane's process in a quiet moment: nothing is open. */
export interface Sample {
  readonly descriptors: Readonly<Record<string, number>>;
  readonly residentKib: number;
  readonly heapBytes: number;
  /** Connections and clients so far. */
  readonly connections: number;
}

/** Pipes that a data plane may keep for the next bulk stream: 8 of two ends in each of 4 threads. */
const mostIdlePipeEnds = 64;
/** What an allocator may keep or not from one moment to the next; a leak grows with time, this does not. */
const residentSlackKib = 32 * 1024;
const heapSlackBytes = 3 * 1024 * 1024;

/** @param samples in order; the first is after the warm-up */
export function growth(samples: readonly Sample[]): readonly string[] {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined) return ['no sample was taken'];
  const problems: string[] = [];
  for (const kind of new Set([...Object.keys(first.descriptors), ...Object.keys(last.descriptors)])) {
    const [before, after] = [first.descriptors[kind] ?? 0, last.descriptors[kind] ?? 0];
    const allowed = kind === 'pipe' ? Math.max(before, mostIdlePipeEnds) : before;
    if (after > allowed) problems.push(`descriptors of kind ${kind}: from ${before} to ${after}`);
  }
  const resident = last.residentKib - first.residentKib;
  if (resident > residentSlackKib) problems.push(`resident memory grew by ${resident} KiB`);
  const heap = last.heapBytes - first.heapBytes;
  if (heap > heapSlackBytes) problems.push(`the JavaScript heap grew by ${heap} bytes`);
  return problems;
}

/** For TCP, where every connection is one of ours and has an end that we know. */
export function tcpAccounts(name: string, counters: CounterValues, tally: Tally): readonly string[] {
  const { opened, open, failed, rxBytes, txBytes } = counters;
  const failures = Object.values(failed).reduce((sum, count) => sum + count, 0);
  const claims: [what: string, found: number, expected: number][] = [
    ['open', open, 0],
    ['opened', opened, tally.connected],
    ['clean', opened - failures, tally.clean],
    ['client-reset', failed['client-reset'] ?? 0, tally.cutByClient],
    ['endpoint-reset', failed['endpoint-reset'] ?? 0, tally.cutByEndpoint],
    ['no-endpoints', failed['no-endpoints'] ?? 0, tally.refused],
  ];
  // Of a stream that was cut nobody can say how much of it was moved.
  if (tally.cutByClient + tally.cutByEndpoint + tally.refused === 0) {
    claims.push(['rxBytes', rxBytes, tally.clientBytes], ['txBytes', txBytes, tally.endpointBytes]);
  }
  return claims
    .filter(([, found, expected]) => found !== expected)
    .map(
      ([what, found, expected]) =>
        `${name}: ${what} is ${found}, the peers saw ${expected} (failed: ${JSON.stringify(failed)})`,
    );
}

/** For UDP, where a datagram may be lost on the way: bounds. */
export function udpAccounts(name: string, counters: CounterValues, tally: Tally): readonly string[] {
  const problems: string[] = [];
  if (counters.open !== 0) problems.push(`${name}: ${counters.open} clients are still open`);
  // Fewer: a client's port may be given to a later one while its flow is remembered. More: a flow that was cut and goes
  // on with its client's next datagram may count as opened again.
  const failures = Object.values(counters.failed).reduce((sum, count) => sum + count, 0);
  if (counters.opened > tally.connected + failures)
    problems.push(
      `${name}: ${counters.opened} opened for ${tally.connected} clients (failed: ${JSON.stringify(counters.failed)})`,
    );
  if (counters.rxBytes < tally.endpointBytes || counters.txBytes < tally.endpointBytes)
    problems.push(
      `${name}: ${counters.rxBytes} B in, ${counters.txBytes} B out, ${tally.endpointBytes} B answered`,
    );
  if (tally.refused > Math.max(5, tally.clean / 100))
    problems.push(`${name}: ${tally.refused} questions lost, ${tally.clean} answered`);
  return problems;
}

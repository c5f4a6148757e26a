// bench/data-plane/bars.ts: PURE. What the `linux` data plane is to reach, and whether it did, by the medians.
import type { Results, Spread } from './results.js';
import type { TargetName } from './targets.js';
import type { Metric, Row, Work } from './works.js';

export interface Bar {
  readonly title: string;
  /** Undefined: a bound on the figure itself, not on a ratio. */
  readonly against: TargetName | undefined;
  readonly metric: Metric;
  readonly bound: 'at most' | 'at least';
  readonly limit: number;
  applies(work: Work): boolean;
}

const kinds =
  (...wanted: readonly Work['kind'][]) =>
  ({ kind }: Work) =>
    wanted.includes(kind);
/** One datagram under way: everybody waits for wake-ups, and `direct` itself is not 2.5 times as fast as `node`. */
const severalDatagrams = (work: Work) => work.kind === 'udp' && work.clients * work.inFlight > 1;
const oneStream = (work: Work) => work.kind === 'bulk' && work.streams === 1;

function atMost(limit: number, metric: Metric, applies: Bar['applies']) {
  return { metric, bound: 'at most', limit, applies } as const;
}

function atLeast(limit: number, metric: Metric, applies: Bar['applies']) {
  return { metric, bound: 'at least', limit, applies } as const;
}

function haproxyBars(against: TargetName, name: string): readonly Bar[] {
  return [
    { title: `bulk CPU against ${name}`, against, ...atMost(0.5, 'cpu', kinds('bulk')) },
    { title: `bulk throughput against ${name}`, against, ...atLeast(1.3, 'throughput', oneStream) },
    { title: `CPU against ${name}`, against, ...atMost(1.05, 'cpu', kinds('keep-alive', 'connect')) },
    { title: `p50 against ${name}`, against, ...atMost(1.05, 'p50Us', kinds('keep-alive')) },
  ];
}

const node = '`node` data plane';

export const bars: readonly Bar[] = [
  ...haproxyBars('haproxy-1', 'HAProxy, 1 thread'),
  ...haproxyBars('haproxy-n', 'HAProxy, a thread per core'),
  {
    title: `CPU against the ${node}`,
    against: 'node',
    ...atMost(0.6, 'cpu', kinds('bulk', 'keep-alive', 'connect')),
  },
  { title: `UDP CPU against the ${node}`, against: 'node', ...atMost(0.4, 'cpu', severalDatagrams) },
  {
    title: `UDP round trips a second against the ${node}`,
    against: 'node',
    ...atLeast(2.5, 'throughput', severalDatagrams),
  },
  {
    title: 'SCTP throughput against the peers directly',
    against: 'direct',
    ...atLeast(0.6, 'throughput', kinds('sctp')),
  },
  { title: 'SCTP, µs of CPU for a packet', against: undefined, ...atMost(15, 'cpu', kinds('sctp')) },
  { title: 'KiB for an idle connection', against: undefined, ...atMost(2, 'memory', kinds('idle')) },
];

export interface Verdict {
  readonly bar: Bar;
  readonly row: Row;
  readonly found: Spread;
  readonly reached: boolean;
  /** How far the median is on the right side of the limit, of the limit; below 0: on the wrong side. */
  readonly margin: number;
}

export function verdicts(rows: readonly Row[], results: Results): readonly Verdict[] {
  return bars.flatMap((bar) =>
    rows
      .filter(({ work }) => bar.applies(work))
      .flatMap((row) => {
        const found =
          bar.against === undefined
            ? results.values(row.id, 'linux', bar.metric)
            : results.ratio(row.id, 'linux', bar.against, bar.metric);
        return found === undefined ? [] : [judge(bar, row, found)];
      }),
  );
}

function judge(bar: Bar, row: Row, found: Spread): Verdict {
  const over = found.median / bar.limit - 1;
  const margin = bar.bound === 'at least' ? over : -over;
  return { bar, row, found, reached: margin >= 0, margin };
}

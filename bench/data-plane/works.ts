// bench/data-plane/works.ts: PURE. What the data planes and their peers are given to do, one row of the tables each.

export type Work =
  | { readonly kind: 'bulk'; readonly streams: number; readonly reverse: boolean }
  | { readonly kind: 'keep-alive'; readonly connections: number }
  | { readonly kind: 'connect'; readonly connections: number }
  | { readonly kind: 'udp'; readonly bytes: number; readonly clients: number; readonly inFlight: number }
  | { readonly kind: 'sctp'; readonly bytes: number }
  | { readonly kind: 'idle'; readonly connections: number };

export interface Row {
  /** For `--only`. */
  readonly id: string;
  readonly title: string;
  readonly work: Work;
  /** Whether the chart shows it. */
  readonly charted?: boolean;
}

export const rows: readonly Row[] = [
  bulk(1, false, true),
  bulk(1, true),
  bulk(8, false),
  bulk(8, true),
  keepAlive(1),
  keepAlive(32, true),
  keepAlive(256),
  {
    id: 'connect',
    title: 'Connect, request, close: 32 at a time',
    work: { kind: 'connect', connections: 32 },
    charted: true,
  },
  udp(64, 1, 1),
  udp(64, 1, 32),
  udp(64, 64, 1, true),
  udp(64, 64, 4, true),
  udp(1400, 1, 32),
  udp(1400, 64, 1),
  udp(1400, 64, 4),
  { id: 'sctp-1000', title: 'SCTP messages of 1,000 B, one way', work: { kind: 'sctp', bytes: 1000 } },
  { id: 'idle', title: 'Idle TCP connections: 9,000', work: { kind: 'idle', connections: 9000 } },
];

function bulk(streams: number, reverse: boolean, charted = false): Row {
  const direction = reverse ? 'to the client' : 'to the endpoint';
  const id = `bulk-${streams}-${reverse ? 'down' : 'up'}`;
  const title = `Bulk TCP ${direction}, ${streams === 1 ? '1 stream' : `${streams} streams`}`;
  return { id, title, work: { kind: 'bulk', streams, reverse }, charted };
}

function keepAlive(connections: number, charted = false): Row {
  const title = `Keep-alive requests, ${connections === 1 ? '1 connection' : `${connections} connections`}`;
  return { id: `keep-alive-${connections}`, title, work: { kind: 'keep-alive', connections }, charted };
}

function udp(bytes: number, clients: number, inFlight: number, charted = false): Row {
  const many = inFlight === 1 ? '' : `, ${inFlight} in flight`;
  const size = bytes.toLocaleString('en-US');
  return {
    id: `udp-${bytes}-${clients}${inFlight === 1 ? '' : `x${inFlight}`}`,
    title: `UDP round trips of ${size} B, ${clients === 1 ? '1 client' : `${clients} clients`}${many}`,
    work: { kind: 'udp', bytes, clients, inFlight },
    charted,
  };
}

export type Metric = 'throughput' | 'p50Us' | 'p99Us' | 'cpu' | 'memory';

/** Undefined: this kind of work, or this target, has no such figure. */
export type Measurement = Readonly<Partial<Record<Metric, number>>>;

/** What the figures of a kind of work are called, with their units. */
export function labelOf(kind: Work['kind'], metric: Metric): string {
  switch (metric) {
    case 'throughput':
      if (kind === 'sctp') return 'MB/s';
      return kind === 'bulk' ? 'Gbit/s' : kind === 'udp' ? 'round trips/s' : 'requests/s';
    case 'p50Us':
      return 'p50, µs';
    case 'p99Us':
      return 'p99, µs';
    case 'cpu':
      return `CPU, ${cpuUnit(kind)}`;
    case 'memory':
      return 'memory, KiB per connection';
  }
}

export function cpuUnit(kind: Work['kind']): string {
  if (kind === 'bulk') return 's per GB';
  if (kind === 'sctp') return 'µs per packet';
  return kind === 'udp' ? 'µs per round trip' : kind === 'connect' ? 'µs per connection' : 'µs per request';
}

/** The metrics that a kind of work has. */
export function metricsOf(kind: Work['kind']): readonly Metric[] {
  if (kind === 'idle') return ['memory'];
  return kind === 'bulk' || kind === 'sctp' ? ['throughput', 'cpu'] : ['throughput', 'p50Us', 'p99Us', 'cpu'];
}

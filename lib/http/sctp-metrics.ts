// http/sctp-metrics.ts: what the SCTP relay counts as a whole. No samples before the first listener for SCTP is opened.
import type { SctpTotals } from '../proxier/sctp-relay.js';
import type { ProxierStatus } from '../proxier/status.js';
import type { PlainMetric } from './plain-metric.js';

const gauges = {
  associations: ['flows', 'SCTP associations in the table, whatever their state'],
  associations_half_open: ['halfOpen', 'SCTP associations whose handshake is under way'],
  associations_open: ['open', 'SCTP associations that are up'],
} as const satisfies Rows;

const counters = {
  refused_overload_total: [
    'refusedOverload',
    'SCTP clients refused, or half-open associations given up, because a table or the relay ports were full',
  ],
  bad_checksum_packets_total: ['badChecksum', 'SCTP packets dropped because their checksum was wrong'],
  malformed_packets_total: ['malformed', 'SCTP packets dropped because they break the format'],
  out_of_the_blue_packets_total: [
    'outOfTheBlue',
    'SCTP packets to a listener that belong to no association; most are answered with an ABORT',
  ],
  wrong_tag_packets_total: [
    'wrongTag',
    'SCTP packets dropped because they did not carry the verification tag of their association',
  ],
  cut_packets_total: [
    'cut',
    'SCTP packets cut at chunk boundaries: too big for the path, or several packets in one',
  ],
  fragmented_packets_total: ['fragmented', 'SCTP packets sent in IP fragments to fit the path'],
  told_too_big_total: [
    'toldTooBig',
    'ICMP errors passed back to SCTP senders to tell them the MTU of the path',
  ],
  send_failed_packets_total: ['sendFailed', 'SCTP packets that the kernel did not take'],
} as const satisfies Rows;

/** Where SctpTotals has it, and the help text, by the metric's name. */
type Rows = Readonly<Record<string, readonly [keyof SctpTotals, string]>>;

export function sctpMetrics(status: ProxierStatus): readonly PlainMetric[] {
  const rows = (type: PlainMetric['type'], table: Rows): readonly PlainMetric[] =>
    Object.entries(table).map(([name, [total, help]]) => ({
      name: `kubeportal_sctp_${name}`,
      help,
      type,
      read: () => status.sctpTotals()?.[total],
    }));
  return [...rows('gauge', gauges), ...rows('counter', counters)];
}

// http/service-metrics.ts: the metrics of each ServicePort as exposition text, piece by piece. Written by hand because
// there may be hundreds of thousands of lines: a metrics library would keep an object for each and build one text.
// https://prometheus.io/docs/instrumenting/exposition_formats/ (text format 0.0.4)
import { dialBucketsSeconds } from '../proxier/data-plane.js';
import type { ServiceTotals } from './service-totals.js';

interface Family {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  /** Lines of one ServicePort; `labels` are its own, without braces. */
  readonly lines: (totals: ServiceTotals, labels: string) => string;
}

const isUdp = (totals: ServiceTotals): boolean => totals.name.protocol === 'UDP';
const isSctp = (totals: ServiceTotals): boolean => totals.name.protocol === 'SCTP';

const families: readonly Family[] = [
  family(
    'connections_opened_total',
    'counter',
    'TCP connections and SCTP associations accepted, UDP clients seen',
    (totals, name, labels) => `${name}{${labels}} ${totals.opened}\n`,
  ),
  family(
    'connections_open',
    'gauge',
    'TCP connections and SCTP associations open now',
    (totals, name, labels) => (isUdp(totals) ? '' : `${name}{${labels}} ${totals.open}\n`),
  ),
  family('udp_clients', 'gauge', 'UDP clients with an open flow now', (totals, name, labels) =>
    isUdp(totals) ? `${name}{${labels}} ${totals.open}\n` : '',
  ),
  family(
    'connections_failed_total',
    'counter',
    'Clients that were not served, or were cut, by reason',
    (totals, name, labels) =>
      [...totals.failed]
        .map(([reason, count]) => `${name}{${labels},reason="${reason}"} ${count}\n`)
        .join(''),
  ),
  family(
    'bytes_total',
    'counter',
    'Payload bytes relayed: rx from clients to endpoints, tx from endpoints to clients',
    (totals, name, labels) =>
      `${name}{${labels},direction="rx"} ${totals.rxBytes}\n${name}{${labels},direction="tx"} ${totals.txBytes}\n`,
  ),
  family(
    'sctp_packets_total',
    'counter',
    'SCTP packets of known associations: rx from clients to endpoints, tx from endpoints to clients',
    (totals, name, labels) =>
      isSctp(totals)
        ? `${name}{${labels},direction="rx"} ${totals.rxPackets}\n${name}{${labels},direction="tx"} ${totals.txPackets}\n`
        : '',
  ),
  family(
    'endpoint_picks_total',
    'counter',
    'Times that an endpoint was chosen (and, for TCP and SCTP, answered)',
    (totals, name, labels) =>
      [...totals.picks]
        .map(([endpoint, count]) => `${name}{${labels},endpoint="${escapeLabel(endpoint)}"} ${count}\n`)
        .join(''),
  ),
  family(
    'dial_duration_seconds',
    'histogram',
    'Seconds until an endpoint answered the dial, or the INIT of SCTP; successful ones only',
    dialLines,
  ),
];

function family(
  name: string,
  type: Family['type'],
  help: string,
  lines: (totals: ServiceTotals, name: string, labels: string) => string,
): Family {
  const full = `kubeportal_${name}`;
  return { name: full, type, help, lines: (totals, labels) => lines(totals, full, labels) };
}

function dialLines(totals: ServiceTotals, name: string, labels: string): string {
  const { dialCount, dialSum, dialBuckets } = totals;
  if (dialCount === 0) return '';
  const buckets = dialBucketsSeconds.map(
    (bound, i) => `${name}_bucket{${labels},le="${bound}"} ${dialBuckets[i] ?? 0}\n`,
  );
  return `${buckets.join('')}${name}_bucket{${labels},le="+Inf"} ${dialCount}\n${name}_sum{${labels}} ${dialSum}\n${name}_count{${labels}} ${dialCount}\n`;
}

/** About this many characters a piece. */
const pieceLength = 64 * 1024;

/** ServicePorts that no client ever came to have no samples: at 10,000 Services most are idle. */
export function* serviceMetricsText(services: readonly ServiceTotals[]): Generator<string> {
  const active = services
    .filter((totals) => totals.opened > 0 || totals.failed.size > 0 || totals.open > 0)
    .map((totals) => ({ totals, labels: labelsOf(totals) }));
  let piece = '';
  for (const { name, help, type, lines } of families) {
    piece += `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
    for (const { totals, labels } of active) {
      piece += lines(totals, labels);
      if (piece.length < pieceLength) continue;
      yield piece;
      piece = '';
    }
  }
  yield piece;
}

/** `port` is the port's name, '' for the single unnamed port of a Service. */
function labelsOf({ name }: ServiceTotals): string {
  const labels = { namespace: name.namespace, service: name.name, port: name.port, protocol: name.protocol };
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${escapeLabel(value)}"`)
    .join(',');
}

function escapeLabel(value: string): string {
  return value.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}

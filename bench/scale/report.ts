// bench/scale/report.ts: PURE. Measurements as markdown: one table per origin, a column per number of Services, and what
// the largest is to the smallest.
import { ratio, round } from '../figures.js';
import type { Measurement } from './measurement.js';

interface Row {
  readonly label: string;
  readonly read: (measurement: Measurement) => number;
}

const rows: readonly Row[] = [
  { label: 'cold start: process start to the last Service forwarding, ms', read: (m) => m.coldStartMs },
  { label: 'restart on standing rules, ms', read: (m) => m.restartMs },
  { label: 'first sync, ms', read: (m) => m.firstSyncMs },
  { label: 'one Service added: until it forwards, ms', read: (m) => m.serviceAdded.elapsedMs },
  { label: 'one Service added: its sync, ms', read: (m) => m.serviceAdded.syncMs },
  { label: 'one Service added: rules written', read: (m) => m.serviceAdded.rulesWritten },
  { label: 'one Service added: rules deleted', read: (m) => m.serviceAdded.rulesDeleted },
  { label: 'one endpoint changed: until the new one answers, ms', read: (m) => m.endpointChanged.elapsedMs },
  { label: 'one endpoint changed: its sync, ms', read: (m) => m.endpointChanged.syncMs },
  { label: 'one endpoint changed: rules written', read: (m) => m.endpointChanged.rulesWritten },
  { label: 'new connection from a pod: handshake, median ms', read: (m) => m.podConnectMs },
  { label: 'new connection from a pod: endpoint answers, median ms', read: (m) => m.podAnswerMs },
  { label: 'new connection from the host: handshake, median ms', read: (m) => m.hostConnectMs },
  { label: 'new connection from the host: endpoint answers, median ms', read: (m) => m.hostAnswerMs },
  { label: 'memory at rest (VmRSS), MiB', read: (m) => m.rssMiB },
  { label: 'memory after changes and scrapes (VmRSS), MiB', read: (m) => m.rssAtEndMiB },
  { label: 'memory at its highest (VmHWM), MiB', read: (m) => m.peakMiB },
  { label: 'CPU at rest, child processes included, % of one', read: (m) => m.idleCpuPercent },
  { label: 'event loop: longest stall during a start, ms', read: (m) => m.startStallMs },
  { label: 'event loop: longest stall while a Service is added, ms', read: (m) => m.changeStallMs },
  { label: 'iptables rules', read: (m) => m.rules },
  { label: 'iptables chains', read: (m) => m.chains },
];

/** @param measurements in any order; the columns are in ascending order of Services */
export function tables(measurements: readonly Measurement[]): string {
  const origins = [...new Set(measurements.map(({ origin }) => origin))];
  return origins
    .map((origin) => {
      const columns = measurements.filter((measurement) => measurement.origin === origin);
      return `## Services from: ${origin}\n\n${table(columns.toSorted((a, b) => a.services - b.services))}`;
    })
    .join('\n');
}

function table(columns: readonly Measurement[]): string {
  const counts = columns.map(({ services }) => services.toLocaleString('en-US'));
  const [first] = columns;
  const last = columns.at(-1);
  const lines = [['Services', ...counts, `${counts.at(-1)} to ${counts[0]}`]];
  lines.push(lines.flat().map((_, place) => (place === 0 ? '---' : '---:')));
  for (const { label, read } of rows) {
    const compared = first === undefined || last === undefined ? '-' : ratio(read(last), read(first));
    lines.push([label, ...columns.map((column) => round(read(column))), compared]);
  }
  return lines.map((cells) => `| ${cells.join(' | ')} |\n`).join('');
}

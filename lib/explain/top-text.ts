// explain/top-text.ts: PURE. One picture of `kube-portal top`, as wide and as high as a terminal.
import type { ProcessFacts } from '../proxier/process-facts.js';
import type { ServiceRate } from './rates.js';
import { shorten, table } from './table.js';

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

/** Lines, none longer than the terminal is wide, no more than it is high. */
export function topLines(
  { node, sync, totals, problemsTotal }: Pick<ProcessFacts, 'node' | 'sync' | 'totals' | 'problemsTotal'>,
  rates: readonly ServiceRate[],
  { columns, rows }: Size,
): readonly string[] {
  const sum = rates.reduce((all, { opened }) => all + opened, 0);
  const health = sync.healthy ? 'in sync' : 'NOT IN SYNC';
  const head = [
    `kube-portal on ${node}: ${health}, ${problemsTotal} problem${problemsTotal === 1 ? '' : 's'}, ${rates.length} Service ports`,
    `${totals.tcpConnections} TCP connections, ${totals.udpClients} UDP clients open; ${rateText(sum)} new a second`,
    '',
  ];
  const lines = table(
    [
      { title: 'SERVICE', excess: 'cut' },
      { title: 'PROTO' },
      { title: 'NEW/S', align: 'right' },
      { title: 'FAILED/S', align: 'right' },
      { title: 'IN/S', align: 'right' },
      { title: 'OUT/S', align: 'right' },
      { title: 'OPEN', align: 'right' },
      { title: 'ENDPOINTS', align: 'right' },
    ],
    rates.map(({ name, protocol, ipFamily, opened, failed, rxBytes, txBytes, open, usable }) => [
      name,
      `${protocol}${ipFamily === 'IPv6' ? '6' : ''}`,
      rateText(opened),
      rateText(failed),
      bytesText(rxBytes),
      bytesText(txBytes),
      String(open),
      String(usable),
    ]),
    columns,
  );
  return [...head, ...lines].slice(0, Math.max(1, rows)).map((line) => shorten(line, columns));
}

function rateText(perSecond: number): string {
  if (perSecond === 0) return '0';
  return perSecond < 10 ? perSecond.toFixed(1) : String(Math.round(perSecond));
}

function bytesText(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

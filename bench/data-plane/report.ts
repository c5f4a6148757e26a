// bench/data-plane/report.ts: PURE. The results as markdown: the bars first, then a table for each row.
import { round } from '../figures.js';
import { type Verdict, verdicts } from './bars.js';
import type { Results, Spread } from './results.js';
import type { Target } from './targets.js';
import { labelOf, type Metric, metricsOf, type Row } from './works.js';

export interface ReportInput {
  readonly rows: readonly Row[];
  readonly targets: readonly Target[];
  readonly results: Results;
}

export function tables(input: ReportInput): string {
  const found = verdicts(input.rows, input.results);
  return `${barsTable(found)}\n${input.rows.map((row) => rowTable(row, input)).join('\n')}`;
}

function barsTable(found: readonly Verdict[]): string {
  const reached = found.filter((verdict) => verdict.reached).length;
  const lines = [
    ['bar for the `linux` data plane', 'work', 'limit', 'found: median (least to most)', 'reached', 'by'],
    ['---', '---', '---:', '---:', '---', '---:'],
    ...found.map(({ bar, row, found: spread, reached: isReached, margin }) => {
      const times = bar.against === undefined ? '' : 'x ';
      return [
        bar.title,
        row.title,
        `${bar.bound} ${times}${bar.limit}`,
        `${times}${withRange(spread)}`,
        isReached ? 'yes' : '**no**',
        `${margin < 0 ? '-' : ''}${round(100 * Math.abs(margin))} %`,
      ];
    }),
  ];
  return `## Bars\n\n${reached} of ${found.length} reached.\n\n${lines.map(toLine).join('')}`;
}

/** What `linux` is to the others: below 1 it is quicker, or cheaper, where less is better. */
function rowTable(row: Row, { targets, results }: ReportInput): string {
  const metrics = metricsOf(row.work.kind);
  const compared = metrics.filter((metric) => metric !== 'p99Us');
  const head = [
    '',
    ...metrics.map((metric) => labelOf(row.work.kind, metric)),
    ...compared.map((metric) => `\`linux\` to it: ${shortName(metric)}`),
  ];
  const lines = targets
    .filter(({ name }) => results.has(row.id, name))
    .map(({ name, title }) => [
      title,
      ...metrics.map((metric) => cell(results.values(row.id, name, metric))),
      ...compared.map((metric) =>
        name === 'linux' ? '-' : cell(results.ratio(row.id, 'linux', name, metric), 'x '),
      ),
    ]);
  const rule = head.map((_, column) => (column === 0 ? '---' : '---:'));
  return `## ${row.title}\n\n${[head, rule, ...lines].map(toLine).join('')}`;
}

function shortName(metric: Metric): string {
  return { throughput: 'throughput', p50Us: 'p50', p99Us: 'p99', cpu: 'CPU', memory: 'memory' }[metric];
}

function cell(spread: Spread | undefined, before = ''): string {
  return spread === undefined ? '-' : `${before}${withRange(spread)}`;
}

function withRange({ median, least, most }: Spread): string {
  return least === most ? round(median) : `${round(median)} (${round(least)} to ${round(most)})`;
}

function toLine(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |\n`;
}

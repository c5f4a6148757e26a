// Medians, and ratios that are taken within each round.
import t from 'tap';
import { verdicts } from '../../../bench/data-plane/bars.js';
import { chart } from '../../../bench/data-plane/chart.js';
import { tables } from '../../../bench/data-plane/report.js';
import { Results } from '../../../bench/data-plane/results.js';
import { targetsOn } from '../../../bench/data-plane/targets.js';
import { rows } from '../../../bench/data-plane/works.js';

const results = new Results();
// The second round was slow for both.
for (const [linux, node, haproxy] of [
  [100, 40, 80],
  [50, 20, 45],
  [120, 40, 90],
] as const) {
  results.add('udp-64-64', 'linux', { throughput: linux, cpu: 400 / linux });
  results.add('udp-64-64', 'node', { throughput: node, cpu: 400 / node });
  results.add('keep-alive-32', 'linux', { throughput: linux, cpu: 10, p50Us: 700 });
  results.add('keep-alive-32', 'haproxy-1', { throughput: haproxy, cpu: 8, p50Us: 700 });
  results.add('keep-alive-32', 'direct', { throughput: 200 });
}
results.add('idle', 'linux', { memory: 1.5 });
const targets = targetsOn(2);

t.test('a figure is the median of the rounds, with its range', async (t) => {
  t.same(results.values('udp-64-64', 'linux', 'throughput'), { median: 100, least: 50, most: 120 });
  t.equal(results.values('udp-64-64', 'nginx', 'throughput'), undefined);
  t.equal(results.values('keep-alive-32', 'direct', 'cpu'), undefined);
});

t.test('a ratio compares what ran in the same round', async (t) => {
  t.same(results.ratio('udp-64-64', 'linux', 'node', 'throughput'), { median: 2.5, least: 2.5, most: 3 });
  t.equal(results.ratio('keep-alive-32', 'linux', 'direct', 'cpu'), undefined);
});

t.test('each bar says whether it is reached, and by how much', async (t) => {
  const found = verdicts(rows, results).map(({ bar, row, reached, margin }) => [
    row.id,
    bar.against,
    bar.metric,
    reached,
    Math.round(100 * margin),
  ]);
  t.same(found, [
    ['keep-alive-32', 'haproxy-1', 'cpu', false, -19],
    ['keep-alive-32', 'haproxy-1', 'p50Us', true, 5],
    ['udp-64-64', 'node', 'cpu', true, 0],
    ['udp-64-64', 'node', 'throughput', true, 0],
    ['idle', undefined, 'memory', true, 25],
  ]);
});

t.test('the document: the bars first, then a table for each row', async (t) => {
  const text = tables({ rows: rows.filter(({ id }) => /^(udp-64-64|idle)$/.test(id)), targets, results });
  t.equal(
    text,
    `## Bars

3 of 3 reached.

| bar for the \`linux\` data plane | work | limit | found: median (least to most) | reached | by |
| --- | --- | ---: | ---: | --- | ---: |
| UDP CPU against the \`node\` data plane | UDP round trips of 64 B, 64 clients | at most x 0.4 | x 0.4 (0.333 to 0.4) | yes | 0 % |
| UDP round trips a second against the \`node\` data plane | UDP round trips of 64 B, 64 clients | at least x 2.5 | x 2.5 (2.5 to 3) | yes | 0 % |
| KiB for an idle connection | Idle TCP connections: 9,000 | at most 2 | 1.5 | yes | 25 % |

## UDP round trips of 64 B, 64 clients

|  | round trips/s | p50, µs | p99, µs | CPU, µs per round trip | \`linux\` to it: throughput | \`linux\` to it: p50 | \`linux\` to it: CPU |
| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |
| \`linux\` data plane | 100 (50 to 120) | - | - | 4 (3.33 to 8) | - | - | - |
| \`node\` data plane | 40 (20 to 40) | - | - | 10 (10 to 20) | x 2.5 (2.5 to 3) | - | x 0.4 (0.333 to 0.4) |

## Idle TCP connections: 9,000

|  | memory, KiB per connection | \`linux\` to it: memory |
| --- | ---: | ---: |
| \`linux\` data plane | 1.5 | - |
`,
  );
});

t.test('the chart: bars as long as their values, one group for each charted row that has any', async (t) => {
  const svg = chart(rows, targets, results);
  const bars = [...svg.matchAll(/<rect class="(\w+)" x="150" y="\d+" width="(\d+)"/g)].map(
    ([, name, width]) => [name, Number(width)],
  );
  t.same(bars, [
    ['linux', 480],
    ['other', 384],
    ['linux', 192],
    ['node', 480],
  ]);
  t.equal(svg.match(/class="group"/g)?.length, 2);
  t.match(svg, /Keep-alive requests, 32 connections <tspan class="unit">\(µs per request\)/);
});

// bench/data-plane/main.ts: `npm run bench`: the data planes beside HAProxy and nginx, in a namespace of their own. Writes
// docs/benchmarks.md and its chart, which nobody else writes.
import { writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { describeRun } from '../machine.js';
import { chart } from './chart.js';
import { type BenchOptions, parseBenchOptions, usage } from './options.js';
import { tables } from './report.js';
import { compare } from './run.js';
import { describePrograms } from './versions.js';

const about = `Written by the benchmark; do not edit. Everything runs in one network namespace on the same cores: the load, the proxies
and their endpoints (nginx for requests, iperf3 for bulk, an echo for UDP). Each round gives each work to each of them
in turn. A figure is the median of the rounds, with the least and the most; a ratio is taken within each round first.
CPU is user and system time of all threads and processes of the proxy alone. HAProxy has \`option splice-auto\`. The
load and the endpoints share the cores with the proxy, so throughput says less than CPU: a cheaper proxy leaves the
load more time. Memory of idle connections is the growth of VmRSS of a process that has served 200 before; buffers in
the kernel are not in it. nginx and HAProxy reserve a part for their connections when they start, which is not counted.
SCTP: usrsctp at both ends, in namespaces of their own; \`direct\` is the same way through a third one, routed by the
kernel; the relay is the same beside either data plane.
`;

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  let options: BenchOptions;
  try {
    options = parseBenchOptions(args);
  } catch (err) {
    process.stderr.write(`${err instanceof Error ? err.message : String(err)}\n${usage}`);
    return 2;
  }
  const command = ['npm run bench', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
  const points = [...describeRun(command, new Date()), await describePrograms()];
  points.push(`Rounds: ${options.rounds}, ${options.seconds} s for each measurement`);
  const { results, targets } = await compare(options, (line) => process.stderr.write(`${line}\n`));
  const { rows, output } = options;
  const svg = output?.replace(/(\.md)?$/, '.svg');
  const image = svg === undefined ? '' : `\n![CPU per unit of work, by proxy](${basename(svg)})\n`;
  const list = points.map((point) => `- ${point}\n`).join('');
  const text = `# Benchmarks\n\n${about}\n${list}${image}\n${tables({ rows, targets, results })}`;
  process.stdout.write(text);
  if (output !== undefined) await writeFile(output, text);
  if (svg !== undefined) await writeFile(svg, chart(rows, targets, results));
  return 0;
}

process.exitCode = await main();

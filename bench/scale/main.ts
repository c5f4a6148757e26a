// bench/scale/main.ts: `npm run bench:scale`: how the cost of Services grows with their number. Runs kube-portal in
// namespaces of its own and writes docs/scale.md, which nobody else writes.
import { writeFile } from 'node:fs/promises';
import { describeRun } from '../machine.js';
import type { Measurement } from './measurement.js';
import { parseScaleOptions, type ScaleOptions, usage } from './options.js';
import { tables } from './report.js';
import { runTrial } from './trial.js';

const intro = `# Scale

Written by the benchmark; do not edit. Each Service has one TCP port and ten endpoints. Endpoints of the first, a middle
and the last Service are real, and each of them is connected to before anything counts as forwarding. A YAML change
rewrites one file of a hundred Services, a JSON change the whole file, a change at the API server one object. Whoever
waits tries every 10 ms. Targets: first sync at most 1,000 ms at 1,000 Services and 5,000 ms at 10,000; no rule written
for an endpoint; at most 300 MB (286 MiB) at rest at 10,000; connections nearly as quick as with 10.
`;

async function main(): Promise<number> {
  const args = process.argv.slice(2);
  let options: ScaleOptions;
  try {
    options = parseScaleOptions(args);
  } catch (err) {
    process.stderr.write(`${err instanceof Error ? err.message : String(err)}\n${usage}`);
    return 2;
  }
  const measurements: Measurement[] = [];
  for (const origin of options.origins) {
    for (const services of options.services) {
      process.stderr.write(`${services} Services from: ${origin}\n`);
      measurements.push(await runTrial({ ...options, origin, services }));
    }
  }
  const command = ['npm run bench:scale', ...(args.length > 0 ? ['--', ...args] : [])].join(' ');
  const about = describeRun(command, new Date()).map((line) => `- ${line}\n`);
  const text = `${intro}\n${about.join('')}\n${tables(measurements)}`;
  process.stdout.write(text);
  if (options.output !== undefined) await writeFile(options.output, text);
  return 0;
}

process.exitCode = await main();

// bench/soak/main.ts: `npm run soak`: a data plane under churn for as long as one likes. Ends with status 1 when
// descriptors, pipes or memory grew, a byte was wrong or missing, or a counter does not add up.
import { parseSoakOptions, type SoakOptions, usage } from './options.js';
import { soak } from './soak.js';

const longestCycleMs = 30_000;
const fewestCycles = 4;

async function main(): Promise<number> {
  let options: SoakOptions;
  try {
    options = parseSoakOptions(process.argv.slice(2));
  } catch (err) {
    process.stderr.write(`${err instanceof Error ? err.message : String(err)}\n${usage}`);
    return 2;
  }
  const cycles = Math.max(fewestCycles, Math.round((options.seconds * 1000) / longestCycleMs));
  const cycleMs = (options.seconds * 1000) / cycles;
  const plan = { dataPlane: options.dataPlane, cycles, cycleMs };
  const result = await soak(plan, (line) => process.stderr.write(`${line}\n`));
  const gigabytes = (result.bytes / 1e9).toFixed(2);
  process.stdout.write(
    `${options.dataPlane}: ${result.connections} TCP connections, ${result.udpClients} UDP clients, ${gigabytes} GB\n`,
  );
  for (const problem of result.problems) process.stdout.write(`PROBLEM ${problem}\n`);
  if (result.problems.length === 0) process.stdout.write('nothing grew, everything adds up\n');
  return result.problems.length === 0 ? 0 : 1;
}

process.exitCode = await main();

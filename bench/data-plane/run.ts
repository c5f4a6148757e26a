// bench/data-plane/run.ts: the whole comparison: every round gives each work to each target in turn, so that a change of
// the machine's mood falls on all of them alike.

import { measure } from './measure.js';
import type { BenchOptions } from './options.js';
import { Results } from './results.js';
import { createRig, type Rig } from './rig.js';
import { canDo, type Target } from './targets.js';
import type { Measurement, Row } from './works.js';

export interface Outcome {
  readonly results: Results;
  readonly targets: readonly Target[];
}

/** A second of the first work of each kind, unmeasured: JavaScript is compiled when it has run for a while. */
const warmUpSeconds = 1;
/** Memory does not depend on the machine's mood, and takes long to see. */
const mostIdleRounds = 3;
const mostTries = 4;

export async function compare(options: BenchOptions, say: (line: string) => void): Promise<Outcome> {
  const rig = await createRig();
  try {
    say('warming up');
    for (const row of firstOfEachKind(options.rows))
      await forEachTarget(rig, row, warmUpSeconds, say, () => {});
    const results = new Results();
    for (let round = 1; round <= options.rounds; round++) {
      for (const row of options.rows) {
        if (row.work.kind === 'idle' && round > mostIdleRounds) continue;
        await forEachTarget(rig, row, options.seconds, say, (target, measurement) => {
          results.add(row.id, target.name, measurement);
          say(`round ${round}/${options.rounds} ${row.id} ${target.name} ${inShort(measurement)}`);
        });
      }
    }
    return { results, targets: rig.targets.map(({ target }) => target) };
  } finally {
    await rig.close();
  }
}

async function forEachTarget(
  rig: Rig,
  row: Row,
  seconds: number,
  say: (line: string) => void,
  take: (target: Target, measurement: Measurement) => void,
): Promise<void> {
  for (const running of rig.targets) {
    if (!canDo(running.target.name, row.work.kind)) continue;
    take(running.target, await measureAgain(rig, running, row, seconds, say));
  }
}

/** Something else on the machine may spoil a measurement (datagrams lost, requests timed out): it is said, and repeated. */
async function measureAgain(
  rig: Rig,
  running: Rig['targets'][number],
  row: Row,
  seconds: number,
  say: (line: string) => void,
): Promise<Measurement> {
  for (let tries = 1; ; tries++) {
    try {
      return await measure(rig, running, row.work, seconds);
    } catch (err) {
      if (tries === mostTries) throw err;
      say(`again: ${row.id} ${running.target.name}: ${err instanceof Error ? err.message : String(err)}`);
    }
  }
}

function firstOfEachKind(rows: readonly Row[]): readonly Row[] {
  const measuredOnce = rows.filter(({ work }) => work.kind !== 'idle');
  return measuredOnce.filter(
    (row, index) => measuredOnce.findIndex(({ work }) => work.kind === row.work.kind) === index,
  );
}

function inShort(measurement: Measurement): string {
  return Object.entries(measurement)
    .map(([name, value]) => `${name}=${value.toPrecision(3)}`)
    .join(' ');
}

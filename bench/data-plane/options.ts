// bench/data-plane/options.ts: PURE. The command line of the data plane benchmark.
import { parseArgs } from 'node:util';
import { type Row, rows } from './works.js';

export interface BenchOptions {
  readonly rows: readonly Row[];
  readonly rounds: number;
  /** Of one measurement. */
  readonly seconds: number;
  /** Where the document goes, and beside it the chart (.svg); undefined: to stdout only. */
  readonly output: string | undefined;
}

export const usage = `npm run bench -- [options]
  --quick         one round of one second each; writes no file
  --rounds n      default 5: every round gives every work to every target once
  --seconds n     of one measurement; default 3
  --only ROW      repeatable; the beginning of ${rows.map(({ id }) => id).join(', ')}
  --output file   default docs/benchmarks.md, unless --quick or --only is given; the chart is written beside it
`;

/** @throws Error for an unknown flag or a value out of place */
export function parseBenchOptions(args: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      rounds: { type: 'string' },
      seconds: { type: 'string' },
      only: { type: 'string', multiple: true },
      output: { type: 'string' },
    },
  });
  const isWhole = !values.quick && values.only === undefined;
  return {
    rows: values.only === undefined ? rows : chosenRows(values.only),
    rounds: wholeNumber('rounds', values.rounds, values.quick ? 1 : 5, 100),
    seconds: wholeNumber('seconds', values.seconds, values.quick ? 1 : 3, 60),
    output: values.output ?? (isWhole ? 'docs/benchmarks.md' : undefined),
  };
}

function wholeNumber(flag: string, text: string | undefined, byDefault: number, most: number): number {
  if (text === undefined) return byDefault;
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= most) return value;
  throw new Error(`--${flag} ${text}: expected a whole number from 1 to ${most}`);
}

function chosenRows(beginnings: readonly string[]): readonly Row[] {
  for (const beginning of beginnings) {
    if (!rows.some(({ id }) => id.startsWith(beginning))) throw new Error(`--only ${beginning}: no such row`);
  }
  return rows.filter(({ id }) => beginnings.some((beginning) => id.startsWith(beginning)));
}

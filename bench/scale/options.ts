// bench/scale/options.ts: PURE. The command line of the scale benchmark.
import { parseArgs } from 'node:util';
import type { OriginKind } from './origin.js';

export interface ScaleOptions {
  readonly services: readonly number[];
  readonly origins: readonly OriginKind[];
  readonly restMs: number;
  readonly connections: number;
  /** Where the tables go; undefined: to stdout only. */
  readonly output: string | undefined;
  /** Of the proxy's node, for profiles: `--cpu-prof`. */
  readonly nodeFlags: readonly string[];
}

const allOrigins: readonly OriginKind[] = ['YAML files', 'JSON file', 'API server'];

export const usage = `npm run bench:scale -- [options]
  --quick            fewer Services and shorter rests; writes no file
  --services n       repeatable; default 10, 1000 and 10000
  --origin name      repeatable: yaml, json, api; default all
  --output file      default docs/scale.md, unless something above is given
  --node-flag=flag   repeatable: of the proxy's node, e.g. --node-flag=--cpu-prof
`;

/** @throws Error for an unknown flag or a value out of place */
export function parseScaleOptions(args: readonly string[]): ScaleOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: 'boolean', default: false },
      services: { type: 'string', multiple: true },
      origin: { type: 'string', multiple: true },
      output: { type: 'string' },
      'node-flag': { type: 'string', multiple: true },
    },
  });
  const isWhole = !values.quick && !values.services && !values.origin && !values['node-flag'];
  return {
    services: values.services?.map(serviceCount) ?? (values.quick ? [10, 500] : [10, 1000, 10_000]),
    origins: values.origin?.map(originOf) ?? allOrigins,
    restMs: values.quick ? 1500 : 5000,
    connections: values.quick ? 100 : 500,
    output: values.output ?? (isWhole ? 'docs/scale.md' : undefined),
    nodeFlags: values['node-flag'] ?? [],
  };
}

function serviceCount(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 3 && count <= 50_000) return count;
  throw new Error(`--services ${text}: expected a number from 3 to 50000`);
}

function originOf(text: string): OriginKind {
  const origin = allOrigins.find((name) => name.toLowerCase().startsWith(text.toLowerCase()) && text !== '');
  if (origin !== undefined) return origin;
  throw new Error(`--origin ${text}: expected yaml, json or api`);
}

// bench/data-plane/results.ts: PURE. All measurements of a run, and the ratios between two targets, taken round by round:
// what disturbed the machine in a round disturbed both.
import { median } from '../figures.js';
import type { TargetName } from './targets.js';
import type { Measurement, Metric } from './works.js';

export interface Spread {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export function spreadOf(values: readonly number[]): Spread | undefined {
  if (values.length === 0) return undefined;
  return { median: median(values), least: Math.min(...values), most: Math.max(...values) };
}

export class Results {
  /** By row and target, in the order of the rounds. */
  readonly #measurements = new Map<string, Measurement[]>();

  add(rowId: string, target: TargetName, measurement: Measurement): void {
    const key = `${rowId} ${target}`;
    const before = this.#measurements.get(key) ?? [];
    this.#measurements.set(key, [...before, measurement]);
  }

  has(rowId: string, target: TargetName): boolean {
    return this.#measurements.has(`${rowId} ${target}`);
  }

  /** Undefined: no such figure. */
  values(rowId: string, target: TargetName, metric: Metric): Spread | undefined {
    const measurements = this.#measurements.get(`${rowId} ${target}`) ?? [];
    return spreadOf(measurements.flatMap((one) => one[metric] ?? []));
  }

  /** Of `target` to `base`. */
  ratio(rowId: string, target: TargetName, base: TargetName, metric: Metric): Spread | undefined {
    const bases = this.#measurements.get(`${rowId} ${base}`) ?? [];
    const ratios = (this.#measurements.get(`${rowId} ${target}`) ?? []).flatMap((one, round) => {
      const [value, other] = [one[metric], bases[round]?.[metric]];
      return value === undefined || other === undefined || other === 0 ? [] : [value / other];
    });
    return spreadOf(ratios);
  }
}

// bench/soak/options.ts: PURE. The command line of the soak.
import { parseArgs } from 'node:util';
import type { PlaneKind } from '../shared/make-plane.js';

export interface SoakOptions {
  readonly dataPlane: PlaneKind;
  /** Of churn, warm-up included. */
  readonly seconds: number;
}

export const usage = `npm run soak -- [options]
  --minutes n            of churn, warm-up included; default 10; parts of one allowed
  --data-plane name      linux or node; default linux
`;

/** @throws Error for an unknown flag or a value out of place */
export function parseSoakOptions(args: readonly string[]): SoakOptions {
  const { values } = parseArgs({
    args: [...args],
    options: {
      minutes: { type: 'string', default: '10' },
      'data-plane': { type: 'string', default: 'linux' },
    },
  });
  const minutes = Number(values.minutes);
  if (!(minutes >= 0.1 && minutes <= 24 * 60))
    throw new Error(`--minutes ${values.minutes}: expected a number from 0.1 to 1440`);
  const dataPlane = values['data-plane'];
  if (dataPlane !== 'linux' && dataPlane !== 'node')
    throw new Error(`--data-plane ${dataPlane}: expected linux or node`);
  return { dataPlane, seconds: minutes * 60 };
}

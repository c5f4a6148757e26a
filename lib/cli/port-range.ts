// cli/port-range.ts: kube-proxy's spelling of a range of ports (k8s.io/apimachinery/pkg/util/net PortRange). Pure.
import type { PortRange } from '../proxier/port-allocator.js';
import { InvalidValueError } from './flag.js';

const allowed =
  'Allowed are first-last, first+n (30000+100 is 30000-30100), one port, or 0 for any free port; ports are 1-65535.';

/**
 * `a-b`, `a+n` (a to a+n, both included) or a single port; undefined (any free port) for '', `0` and `0-0`.
 * Throws InvalidValueError.
 */
export function parsePortRange(text: string): PortRange | undefined {
  const trimmed = text.trim();
  if (trimmed === '' || trimmed === '0' || trimmed === '0-0') return undefined;
  const match = /^(\d+)(?:([-+])(\d+))?$/.exec(trimmed);
  if (match === null) throw new InvalidValueError(allowed);
  const first = Number(match[1]);
  const second = Number(match[3] ?? 0);
  const last = match[2] === '-' ? second : first + second;
  if (last < first) throw new InvalidValueError(`It ends before it starts. ${allowed}`);
  if (first < 1 || last > 65_535) throw new InvalidValueError(allowed);
  return { first, last };
}

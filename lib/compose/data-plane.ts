// compose/data-plane.ts: the data plane that the flags ask for, with a cap on connections that fits this process.
import { readFileSync } from 'node:fs';
import { roundRobin } from '../balance/round-robin.js';
import type { RunOptions } from '../cli/options.js';
import { createNodeDataPlane, parseDescriptorLimit } from '../dataplane/node/data-plane.js';
import type { Clock } from '../proxier/clock.js';
import type { DataPlane } from '../proxier/data-plane.js';
import type { Log } from '../proxier/log.js';

/** Where /proc is not mounted: what every Linux grants. */
const leastDescriptors = 1024;

export function createDataPlane(
  options: RunOptions,
  parts: { readonly clock: Clock; readonly log: Log },
): DataPlane {
  return createNodeDataPlane({
    ...parts,
    newBalancer: () => roundRobin({ setAsideMs: options.endpointSetAsideMs }),
    // 0: no cap of the user's own.
    maxConnections: options.maxConnections || Number.POSITIVE_INFINITY,
    descriptorLimit: descriptorLimit(),
    dialTimeoutMs: options.dialTimeoutMs,
    dialBudgetMs: options.dialBudgetMs,
    halfClosedTimeoutMs: options.halfClosedTimeoutMs,
    udpIdleTimeoutMs: options.udpIdleTimeoutMs,
  });
}

/** Node raises the soft limit to the hard one when it starts, so this is what the process may really use. */
function descriptorLimit(): number {
  try {
    return parseDescriptorLimit(readFileSync('/proc/self/limits', 'utf8')) ?? leastDescriptors;
  } catch {
    return leastDescriptors;
  }
}

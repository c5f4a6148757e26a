// compose/data-plane.ts: the data plane that the flags ask for, with a cap on connections that fits this process; the one
// for SCTP beside it (sctp-plane.ts).
import { readFileSync } from 'node:fs';
import { listenerBalancer } from '../balance/listener-balancer.js';
import type { RunOptions } from '../cli/options.js';
import { chooseDataPlane, probeLinux } from '../dataplane/choose.js';
import { parseDescriptorLimit } from '../dataplane/connection-cap.js';
import { createNodeDataPlane } from '../dataplane/node/data-plane.js';
import { withSctp } from '../dataplane/with-sctp.js';
import type { DataPlane } from '../proxier/data-plane.js';
import type { DataPlaneParts } from './data-plane-parts.js';
import { loadSctpPlane } from './sctp-plane.js';

/** Where /proc is not mounted: what every Linux grants. */
const leastDescriptors = 1024;

export interface CreatedDataPlane {
  readonly dataPlane: DataPlane;
  /** Why this one: see ChosenDataPlane. */
  readonly reason: string;
}

/** Rejects where the flags ask for a data plane that does not work here; without SCTP all else is served. */
export async function createDataPlane(options: RunOptions, parts: DataPlaneParts): Promise<CreatedDataPlane> {
  const { dataPlane, reason } = await createTcpUdpPlane(options, parts);
  return { dataPlane: withSctp(dataPlane, () => loadSctpPlane(options, parts)), reason };
}

async function createTcpUdpPlane(options: RunOptions, parts: DataPlaneParts): Promise<CreatedDataPlane> {
  const { clock, log, died, firstTurn } = parts;
  const shared = {
    clock,
    log,
    // 0: no cap of the user's own.
    maxConnections: options.maxConnections || Number.POSITIVE_INFINITY,
    descriptorLimit: descriptorLimit(),
    dialTimeoutMs: options.dialTimeoutMs,
    dialBudgetMs: options.dialBudgetMs,
    halfClosedTimeoutMs: options.halfClosedTimeoutMs,
    udpIdleTimeoutMs: options.udpIdleTimeoutMs,
  };
  const { endpointSetAsideMs, dataPlaneThreads } = options;
  const { kind, reason } = await chooseDataPlane(options.dataPlane, probeLinux, log);
  if (kind === 'node') {
    const newBalancer = () => listenerBalancer({ setAsideMs: endpointSetAsideMs, firstTurn });
    return { dataPlane: createNodeDataPlane({ ...shared, newBalancer }), reason };
  }
  // Only now: importing it loads koffi.
  const { createLinuxDataPlane } = await import('../dataplane/linux/data-plane.js');
  const dataPlane = createLinuxDataPlane({
    ...shared,
    died,
    endpointSetAsideMs,
    firstTurn,
    ...(dataPlaneThreads > 0 && { threads: dataPlaneThreads }),
  });
  return { dataPlane, reason };
}

/** Node raises the soft limit to the hard one when it starts, so this is what the process may really use. */
function descriptorLimit(): number {
  try {
    return parseDescriptorLimit(readFileSync('/proc/self/limits', 'utf8')) ?? leastDescriptors;
  } catch {
    return leastDescriptors;
  }
}

// dataplane/linux/make-plane.ts: the linux data plane as the conformance tests want it, with every descriptor checked.
import { createLinuxDataPlane } from '../../../lib/dataplane/linux/data-plane.js';
import type { MakePlane } from '../conformance/plane.js';

export const makeLinuxPlane: MakePlane = (options) =>
  createLinuxDataPlane({
    endpointSetAsideMs: 5000,
    maxConnections: 5000,
    threads: 1,
    checkDescriptors: true,
    ...options,
  });

/** Three threads that share the connections evenly, so that hand-overs happen even when there is little to do. */
export const makeSpreadPlane: MakePlane = (options) =>
  createLinuxDataPlane({
    endpointSetAsideMs: 5000,
    maxConnections: 5000,
    threads: 3,
    busyPerMille: 0,
    checkDescriptors: true,
    ...options,
  });

// dataplane/node/make-plane.ts: the node data plane as the conformance tests want it.
import { roundRobin } from '../../../lib/balance/round-robin.js';
import { createNodeDataPlane } from '../../../lib/dataplane/node/data-plane.js';
import type { MakePlane } from '../conformance/plane.js';

export const makeNodePlane: MakePlane = (options) =>
  createNodeDataPlane({
    newBalancer: () => roundRobin({ setAsideMs: 5000 }),
    maxConnections: 5000,
    ...options,
  });

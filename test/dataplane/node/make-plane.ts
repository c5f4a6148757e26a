// dataplane/node/make-plane.ts: the node data plane as the conformance tests want it.
import { listenerBalancer } from '../../../lib/balance/listener-balancer.js';
import { createNodeDataPlane } from '../../../lib/dataplane/node/data-plane.js';
import type { MakePlane } from '../conformance/plane.js';

export const makeNodePlane: MakePlane = (options) =>
  createNodeDataPlane({
    newBalancer: () => listenerBalancer({ setAsideMs: 5000 }),
    maxConnections: 5000,
    ...options,
  });

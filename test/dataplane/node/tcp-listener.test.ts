// The node data plane opens, caps and closes listeners, claims among them, as every data plane must.
import t from 'tap';
import { claimTests } from '../conformance/claims.js';
import { listeningTests } from '../conformance/listening.js';
import { makeNodePlane } from './make-plane.js';

listeningTests(t, makeNodePlane);
claimTests(t, makeNodePlane);

// The linux data plane opens, caps, claims and closes listeners, and chooses endpoints for clients as every data plane must.
import t from 'tap';
import { affinityTests } from '../conformance/affinity.js';
import { claimTests } from '../conformance/claims.js';
import { listeningTests } from '../conformance/listening.js';
import { makeLinuxPlane } from './make-plane.js';

listeningTests(t, makeLinuxPlane);
claimTests(t, makeLinuxPlane);
affinityTests(t, makeLinuxPlane);

// The linux data plane opens, caps and closes listeners as every data plane must.
import t from 'tap';
import { listeningTests } from '../conformance/listening.js';
import { makeLinuxPlane } from './make-plane.js';

listeningTests(t, makeLinuxPlane);

// The node data plane chooses and dials endpoints as every data plane must.
import t from 'tap';
import { tcpDialTests } from '../conformance/tcp-dial.js';
import { makeNodePlane } from './make-plane.js';

tcpDialTests(t, makeNodePlane);

// The node data plane dials and moves TCP bytes as every data plane must.
import t from 'tap';
import { tcpDialTests } from '../conformance/tcp-dial.js';
import { tcpRelayTests } from '../conformance/tcp-relay.js';
import { makeNodePlane } from './make-plane.js';

tcpRelayTests(t, makeNodePlane);
tcpDialTests(t, makeNodePlane);

// The node data plane moves TCP bytes as every data plane must.
import t from 'tap';
import { tcpRelayTests } from '../conformance/tcp-relay.js';
import { makeNodePlane } from './make-plane.js';

tcpRelayTests(t, makeNodePlane);

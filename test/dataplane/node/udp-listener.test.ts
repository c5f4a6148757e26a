// The node data plane moves datagrams as every data plane must.
import t from 'tap';
import { udpTests } from '../conformance/udp.js';
import { makeNodePlane } from './make-plane.js';

udpTests(t, makeNodePlane);

// Our SCTP peers (node-sctp on our own raw socket) in a namespace of their own: stack-program.ts has the tests.
import t from 'tap';
import { runInside } from '../sctp/inside.js';

t.test('in a namespace', (t) => runInside(t, '../sctp-peer/stack-program'));

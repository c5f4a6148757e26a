// The SCTP data plane on real raw sockets, in a namespace of its own: data-plane-program.ts has the tests.
import t from 'tap';
import { runInside } from './inside.js';

t.test('in a namespace', (t) => runInside(t, 'data-plane-program'));

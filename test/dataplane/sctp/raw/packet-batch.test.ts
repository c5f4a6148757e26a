// packet-batch.ts on real sockets, in a namespace of their own: packet-batch-program.ts has the tests.
import t from 'tap';
import { runInside } from '../inside.js';

t.test('in a namespace', (t) => runInside(t, 'raw/packet-batch-program'));

// path-mtu.ts on real sockets, in a namespace of their own: path-mtu-program.ts has the tests.
import t from 'tap';
import { runInside } from '../inside.js';

t.test('in a namespace', (t) => runInside(t, 'raw/path-mtu-program'));

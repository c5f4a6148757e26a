// raw-transport.ts on real sockets, in a namespace of their own: raw-transport-program.ts has the tests.
import t from 'tap';
import { runInside } from '../inside.js';

t.test('in a namespace', (t) => runInside(t, 'raw/raw-transport-program'));

// relay-lock.ts on real sockets, in a namespace of their own: relay-lock-program.ts has the tests.
import t from 'tap';
import { runInside } from '../inside.js';

t.test('in a namespace', (t) => runInside(t, 'raw/relay-lock-program'));

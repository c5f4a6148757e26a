// Raw sockets of both families, in a namespace of their own: raw-sockets-program.ts has the tests.
import t from 'tap';
import { runInside } from '../inside.js';

t.test('in a namespace', (t) => runInside(t, 'raw/raw-sockets-program'));

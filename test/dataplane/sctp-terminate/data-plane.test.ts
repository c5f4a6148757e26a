// SCTP forwarded association to association, in a namespace of its own: data-plane-program.ts has the tests.
import t from 'tap';
import { runInside } from '../sctp/inside.js';

t.test('in a namespace', (t) => runInside(t, '../sctp-terminate/data-plane-program'));

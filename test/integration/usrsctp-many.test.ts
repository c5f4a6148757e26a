// 300 associations at the same time, then some in turn: all are served, and nothing of them stays behind.
import t from 'tap';
import { manyAssociations } from '../support/usrsctp-many.js';

t.setTimeout(58_000);

t.test('many associations', (t) => manyAssociations(t, { atOnce: 300, first: 500, more: 1500 }));

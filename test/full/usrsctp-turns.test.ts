// 10,000 associations, one after the other, each with a message there and back and a shutdown.
import t from 'tap';
import { manyAssociations } from '../support/usrsctp-many.js';

t.setTimeout(200_000);

t.test('10,000 associations in turn', { timeout: 190_000 }, (t) =>
  manyAssociations(t, { atOnce: 300, first: 2000, more: 8000 }),
);

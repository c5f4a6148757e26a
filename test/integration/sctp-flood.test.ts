// A short flood of INITs: nobody else notices, and it is forgotten.
import t from 'tap';
import { flood } from '../support/sctp-flood.js';

t.setTimeout(58_000);

t.test('12,000 INITs', (t) => flood(t, 12_000));

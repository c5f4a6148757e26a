// A flood of a million INITs: TCP and UDP go on, and SCTP is served again within seconds.
import t from 'tap';
import { flood } from '../support/sctp-flood.js';

t.setTimeout(300_000);

t.test('1,000,000 INITs', { timeout: 290_000 }, (t) => flood(t, 1_000_000));

// What the system says about a port, as the proxier needs it.
import t from 'tap';
import { listenError } from '../../lib/dataplane/listen-error.js';
import { specOf } from './conformance/plane.js';

t.test('each error has its reason, names what was attempted, and keeps its cause', async (t) => {
  const table = [
    ['EADDRINUSE', 'port-in-use'],
    ['EMFILE', 'no-descriptors'],
    ['ENFILE', 'no-descriptors'],
    ['EAFNOSUPPORT', 'not-supported'],
    ['EACCES', 'other'],
  ] as const;
  for (const [code, reason] of table) {
    const cause = Object.assign(new Error(`bind ${code}`), { code });
    const error = listenError(specOf('UDP', 'IPv6'), 53, cause);
    t.equal(error.reason, reason, code);
    t.equal(error.cause, cause);
    t.equal(error.message, `listen on UDP port 53 (IPv6) for default/web:p: bind ${code}`);
  }
  t.equal(listenError(specOf('TCP'), 1, 'text').reason, 'other');
});

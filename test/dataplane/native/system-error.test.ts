// An error says what was called, on what, and why it failed.
import { constants } from 'node:os';
import t from 'tap';
import { check, SystemError } from '../../../lib/dataplane/native/system-error.js';

t.test('a negative result is an error with its name, any other is the result', async (t) => {
  t.equal(check(0, 'bind', 'x'), 0);
  t.equal(check(17, 'socket', 'x'), 17);
  t.throws(() => check(-constants.errno.EADDRINUSE, 'bind', 'TCP port 80'), {
    name: 'SystemError',
    message: 'bind TCP port 80: EADDRINUSE',
    code: 'EADDRINUSE',
    syscall: 'bind',
  });
});

t.test('a number that Node has no name for is told as it is', async (t) => {
  t.equal(new SystemError('connect', '10.0.0.1:80', -133).message, 'connect 10.0.0.1:80: errno 133');
});

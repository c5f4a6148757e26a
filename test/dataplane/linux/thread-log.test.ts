// What a thread says reaches the main thread, once in a while.
import t from 'tap';
import type { FromThread } from '../../../lib/dataplane/linux/messages.js';
import { threadLog } from '../../../lib/dataplane/linux/thread-log.js';

t.test('warnings and faults are posted, and not again at once', async (t) => {
  const posted: FromThread[] = [];
  const { warn, fault } = threadLog(2, { post: (message) => posted.push(message) });
  const err = new Error('an error of ours');
  for (let time = 0; time < 100; time++) {
    warn('no endpoint', { client: '10.0.0.1' });
    fault(err);
  }
  t.same(posted, [
    { kind: 'warn', message: 'no endpoint', fields: { client: '10.0.0.1' } },
    { kind: 'fault', message: 'fault in a thread of the data plane', fields: { thread: 2, err } },
  ]);
});

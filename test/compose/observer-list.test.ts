// Several observers hear the same.
import t from 'tap';
import { observerList } from '../../lib/compose/observer-list.js';
import type { ProxierObserver } from '../../lib/proxier/status.js';

t.test('all hear each sync, in order; those added later hear what comes later', async (t) => {
  const heard: string[] = [];
  const observer = (name: string): ProxierObserver => ({
    syncFinished: ({ durationMs }) => void heard.push(`${name} ${durationMs}`),
  });
  const list = observerList(observer('a'));
  const report = { ok: true, failures: [], full: true, finishedAtMs: 0 };
  const programmingSeconds = { IPv4: [], IPv6: [] };
  list.syncFinished({ ...report, programmingSeconds, durationMs: 1 });
  list.add(observer('b'));
  list.syncFinished({ ...report, programmingSeconds, durationMs: 2 });
  t.strictSame(heard, ['a 1', 'a 2', 'b 2']);
});

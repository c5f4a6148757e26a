// A problem is said when it begins and when it is over, not in between.
import t from 'tap';
import { silentLog } from '../../lib/proxier/log.js';
import { problemBoard } from '../../lib/proxier/problems.js';

t.test('each problem is logged once, and once more when it is over', async (t) => {
  const said: unknown[] = [];
  const board = problemBoard({
    ...silentLog,
    warn: (...args: unknown[]) => void said.push(['warn', ...args]),
    info: (...args: unknown[]) => void said.push(['info', ...args]),
  });
  const a = { subject: 'default/a', message: 'no port' };
  const b = { subject: 'default/b', message: 'bad address' };
  board.replace([a]);
  board.replace([a, b, { ...b }]);
  t.same(board.current(), [a, b]);
  board.replace([b]);
  t.same(said, [
    ['warn', { service: 'default/a' }, 'no port'],
    ['warn', { service: 'default/b' }, 'bad address'],
    ['info', { service: 'default/a', was: 'no port' }, 'problem is over'],
  ]);
});

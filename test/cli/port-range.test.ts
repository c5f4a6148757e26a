// kube-proxy's spelling of --proxy-port-range.
import t from 'tap';
import { parsePortRange } from '../../lib/cli/port-range.js';

t.test('a range, an offset and a single port', async (t) => {
  t.same(parsePortRange('30000-32000'), { first: 30_000, last: 32_000 });
  t.same(parsePortRange('30000+100'), { first: 30_000, last: 30_100 });
  t.same(parsePortRange('30000+0'), { first: 30_000, last: 30_000 });
  t.same(parsePortRange(' 30000 '), { first: 30_000, last: 30_000 });
  t.same(parsePortRange('1-65535'), { first: 1, last: 65_535 });
});

t.test('empty, 0 and 0-0 mean any free port', async (t) => {
  for (const text of ['', ' ', '0', '0-0']) t.equal(parsePortRange(text), undefined, JSON.stringify(text));
});

t.test('anything else is refused with what is allowed', async (t) => {
  for (const text of [
    'a-b',
    '1-2-3',
    '1+2-3',
    '-5',
    '5-',
    '0-5',
    '0+5',
    '1-65536',
    '65535+1',
    '1 - 2',
    '70000',
  ]) {
    t.throws(() => parsePortRange(text), { name: 'InvalidValueError', message: /ports are 1-65535/ }, text);
  }
  t.throws(() => parsePortRange('20-10'), { message: /ends before it starts/ });
});

// Many lists of endpoints into one, in a lasting order.
import t from 'tap';
import type { Endpoint } from '../../lib/model/endpoint.js';
import { mergeEndpoints } from '../../lib/model/merge-endpoints.js';

function endpoint(ip: string, conditions: Partial<Endpoint> = {}): Endpoint {
  return { ip, port: 80, ready: true, serving: true, terminating: false, ...conditions };
}

const ips = (endpoints: readonly Endpoint[]): string => endpoints.map(({ ip }) => ip).join(' ');

t.test('each ip:port is there once', async (t) => {
  const merged = mergeEndpoints(
    [
      [endpoint('a'), endpoint('b')],
      [endpoint('b'), endpoint('c')],
    ],
    [],
  );
  t.equal(ips(merged), 'a b c');
  t.equal(
    mergeEndpoints([[endpoint('a'), endpoint('a', { port: 81 })]], []).length,
    2,
    'the port belongs to it',
  );
});

t.test('of two conditions for one endpoint the better counts, whichever came first', async (t) => {
  const [ready, notReady] = [endpoint('a'), endpoint('a', { ready: false })];
  const terminating = endpoint('a', { ready: false, terminating: true });
  const readyTerminating = endpoint('a', { terminating: true });
  const gone = endpoint('a', { ready: false, serving: false, terminating: true });
  const best = [ready, notReady, readyTerminating, terminating, gone];
  for (const [index, better] of best.entries()) {
    for (const worse of best.slice(index + 1)) {
      t.equal(mergeEndpoints([[better], [worse]], [])[0], better);
      t.equal(mergeEndpoints([[worse], [better]], [])[0], better);
    }
  }
});

t.test('what stays keeps its place and what is new comes last', async (t) => {
  const table: readonly [previous: string, now: string, expected: string][] = [
    ['', 'a b', 'a b'],
    ['a b c', 'c b a', 'a b c'],
    ['a b c', 'x c a', 'a c x'],
    ['a b', '', ''],
    ['a b', 'x y', 'x y'],
  ];
  const list = (text: string) => (text === '' ? [] : text.split(' ').map((ip) => endpoint(ip)));
  for (const [previous, now, expected] of table) {
    t.equal(ips(mergeEndpoints([list(now)], list(previous))), expected, `${previous} then ${now}`);
  }
});

t.test('the previous array is returned where nothing changed', async (t) => {
  const previous = [endpoint('a'), endpoint('b')];
  t.equal(mergeEndpoints([[endpoint('b')], [endpoint('a')]], previous), previous);
  t.not(mergeEndpoints([[endpoint('a'), endpoint('b', { ready: false })]], previous), previous);
});

t.test('a single list in its own order is used as it is', async (t) => {
  const list = [endpoint('a'), endpoint('b')];
  t.equal(mergeEndpoints([list], []), list);
});

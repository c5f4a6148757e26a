// Whose turn it is: strict rotation, fallbacks, set-aside endpoints and updates, with time as a number. Asked as data
// planes ask: through a Balancer, without session affinity.
import t from 'tap';
import type { Balancer, BalancerConfig, Candidates } from '../../lib/balance/balancer.js';
import { listenerBalancer } from '../../lib/balance/listener-balancer.js';
import { Rotation } from '../../lib/balance/rotation.js';
import { RoundRobin } from '../../lib/balance/round-robin.js';
import type { EndpointAddress } from '../../lib/model/endpoint.js';

/** `A` is 10.0.0.1:80, `B` 10.0.0.2:80 … */
function endpointsOf(letters: string): readonly EndpointAddress[] {
  return [...letters].map((letter) => ({ ip: `10.0.0.${letter.charCodeAt(0) - 64}`, port: 80 }));
}

function configOf(letters: string): BalancerConfig {
  return { endpoints: endpointsOf(letters), resting: [] };
}

function endpoint(letter: string): EndpointAddress {
  return { ip: `10.0.0.${letter.charCodeAt(0) - 64}`, port: 80 };
}

function letterOf(candidate: EndpointAddress | undefined): string {
  return candidate === undefined ? '-' : String.fromCharCode(64 + Number(candidate.ip.split('.')[3]));
}

function balancer(letters: string, setAsideMs = 5000): Balancer {
  const made = listenerBalancer({ setAsideMs });
  made.update(configOf(letters));
  return made;
}

/** The first candidates of `count` clients, one after the other. */
function firsts(of: Balancer, count: number, nowMs = 0): string {
  return Array.from({ length: count }, () => letterOf(of.candidates('192.0.2.1', nowMs).next())).join('');
}

/** All that is left of `candidates`; bounded, so that an endless one fails instead of hanging. */
function rest(candidates: Candidates): string {
  let letters = '';
  for (let step = 0; step < 50; step++) {
    const letter = letterOf(candidates.next());
    if (letter === '-') return letters;
    letters += letter;
  }
  return `${letters}…`;
}

t.test('without endpoints there is nothing to try', async (t) => {
  const empty = listenerBalancer({ setAsideMs: 5000 });
  t.equal(empty.size, 0);
  t.equal(empty.candidates('192.0.2.1', 0).next(), undefined);
  empty.update(configOf(''));
  t.equal(empty.candidates('192.0.2.1', 0).next(), undefined);
});

t.test('a single endpoint serves every client', async (t) => {
  t.equal(firsts(balancer('A'), 4), 'AAAA');
});

t.test('clients take the endpoints in order, around and around', async (t) => {
  t.equal(firsts(balancer('ABC'), 7), 'ABCABCA');
});

t.test('two Services rotate on their own', async (t) => {
  const [foo, bar] = [balancer('ABC'), balancer('XYZ')];
  t.equal(firsts(foo, 2), 'AB');
  t.equal(firsts(bar, 1), 'X');
  foo.update(configOf(''));
  t.equal(firsts(foo, 1), '-');
  t.equal(firsts(bar, 3), 'YZX', 'one losing its endpoints does not move the other');
});

t.test('a client is offered every endpoint once, in order from its turn', async (t) => {
  const abc = balancer('ABCD');
  t.equal(firsts(abc, 1), 'A');
  const candidates = abc.candidates('192.0.2.1', 0);
  t.equal(rest(candidates), 'BCDA');
  t.equal(candidates.next(), undefined);
});

t.test('fallbacks take nobody else a turn', async (t) => {
  const abc = balancer('ABC');
  t.equal(rest(abc.candidates('192.0.2.1', 0)), 'ABC');
  t.equal(firsts(abc, 3), 'BCA');
});

t.test('candidates that nobody asks take no turn', async (t) => {
  const abc = balancer('ABC');
  abc.candidates('192.0.2.1', 0);
  t.equal(firsts(abc, 2), 'AB');
});

t.test('interleaved clients get strict turns and complete fallbacks', async (t) => {
  const abc = balancer('ABC');
  const [one, two, three] = [1, 2, 3].map(() => abc.candidates('192.0.2.1', 0)) as [
    Candidates,
    Candidates,
    Candidates,
  ];
  t.equal(letterOf(two.next()), 'A', 'the turn is taken when the first one is asked for');
  t.equal(letterOf(one.next()), 'B');
  t.equal(letterOf(two.next()), 'B');
  t.equal(letterOf(three.next()), 'C');
  t.equal(rest(two), 'C');
  t.equal(rest(one), 'CA');
  t.equal(rest(three), 'AB');
  t.equal(firsts(abc, 3), 'ABC');
});

t.test('a set-aside endpoint is tried last, and its neighbour has no double share', async (t) => {
  const abcd = balancer('ABCD');
  abcd.setAside(endpoint('B'), 0);
  t.equal(firsts(abcd, 9, 1), 'ACDACDACD');
  t.equal(rest(abcd.candidates('192.0.2.1', 1)), 'ACDB');
});

t.test('a set-aside endpoint has its turn again when its time is over', async (t) => {
  const abc = balancer('ABC', 5000);
  abc.setAside(endpoint('B'), 1000);
  t.equal(firsts(abc, 2, 5999), 'AC');
  t.equal(firsts(abc, 3, 6000), 'ABC');
});

t.test('a set-aside endpoint that answers has its turn again at once', async (t) => {
  const abc = balancer('ABC');
  abc.setAside(endpoint('B'), 0);
  t.equal(firsts(abc, 1, 1), 'A');
  abc.answered(endpoint('C'));
  t.equal(firsts(abc, 2, 1), 'CA', 'another one answering changes nothing');
  abc.answered(endpoint('B'));
  t.equal(firsts(abc, 3, 1), 'BCA');
});

t.test('when all are set aside each has its turn again', async (t) => {
  const abc = balancer('ABC');
  for (const letter of 'ABC') abc.setAside(endpoint(letter), 0);
  t.equal(firsts(abc, 4, 1), 'ABCA');
  t.equal(rest(abc.candidates('192.0.2.1', 1)), 'BCA');
});

t.test('an endpoint that is set aside while a client tries is not offered to it twice', async (t) => {
  const abc = balancer('ABC');
  const candidates = abc.candidates('192.0.2.1', 0);
  for (const letter of 'ABC') {
    t.equal(letterOf(candidates.next()), letter);
    abc.setAside(endpoint(letter), 0);
  }
  t.equal(candidates.next(), undefined);
});

t.test('an endpoint that another client found dead is left for the end', async (t) => {
  const abc = balancer('ABC');
  const candidates = abc.candidates('192.0.2.1', 0);
  t.equal(letterOf(candidates.next()), 'A');
  abc.setAside(endpoint('B'), 0);
  t.equal(rest(candidates), 'CB');
});

t.test('set-aside time 0 sets nothing aside, and unknown endpoints are no matter', async (t) => {
  const abc = balancer('ABC', 0);
  abc.setAside(endpoint('A'), 0);
  abc.setAside(endpoint('Z'), 0);
  abc.answered(endpoint('Z'));
  t.equal(firsts(abc, 3, 0), 'ABC');
  const xy = balancer('XY');
  xy.setAside(endpoint('Z'), 0);
  t.equal(firsts(xy, 2), 'XY');
});

t.test('the rotation goes on over an update', async (t) => {
  const table: readonly [what: string, before: string, turns: number, after: string, then: string][] = [
    ['the next one stays next', 'ABC', 1, 'ABC', 'BCA'],
    ['one that left before it changes nothing', 'ABC', 1, 'BC', 'BCB'],
    ['if the next one left, it is the one after it', 'ABC', 1, 'AC', 'CAC'],
    ['and so on', 'ABCD', 1, 'AD', 'DAD'],
    ['around the end', 'ABC', 2, 'AB', 'ABA'],
    ['new ones join at their place', 'ABC', 1, 'ABCD', 'BCDA'],
    ['also before the next one', 'BC', 1, 'ABC', 'CAB'],
    ['an order of its own', 'ABC', 1, 'CBA', 'BAC'],
    ['all new: from the start', 'ABC', 1, 'XYZ', 'XYZ'],
    ['from nothing', '', 0, 'AB', 'ABA'],
    ['to nothing', 'AB', 1, '', '---'],
  ];
  for (const [what, before, turns, after, then] of table) {
    const subject = balancer(before);
    firsts(subject, turns);
    subject.update(configOf(after));
    t.equal(firsts(subject, then.length), then, what);
  }
});

t.test('what is set aside stays so over an update, at its new place', async (t) => {
  const abc = balancer('ABC');
  abc.setAside(endpoint('C'), 0);
  abc.update(configOf('XCB'));
  t.equal(firsts(abc, 4, 1), 'BXBX');
  abc.update(configOf('XB'));
  abc.update(configOf('XBC'));
  t.equal(firsts(abc, 3, 1), 'BCX', 'one that left and came back is as good as new');
});

t.test('candidates in use never offer an endpoint that is gone', async (t) => {
  const abcd = balancer('ABCD');
  const candidates = abcd.candidates('192.0.2.1', 0);
  t.equal(letterOf(candidates.next()), 'A');
  abcd.update(configOf('AD'));
  t.equal(rest(candidates), 'D');
  abcd.update(configOf(''));
  t.equal(candidates.next(), undefined);
});

t.test('candidates in use go on to endpoints that came meanwhile', async (t) => {
  const a = balancer('A');
  const candidates = a.candidates('192.0.2.1', 0);
  t.equal(letterOf(candidates.next()), 'A');
  a.update(configOf('BC'));
  t.equal(rest(candidates), 'BC');
  t.equal(firsts(a, 2), 'BC', 'and take no turn for it');
});

t.test('candidates in use tell a changed endpoint object from a new endpoint', async (t) => {
  const abc = balancer('ABC');
  const candidates = abc.candidates('192.0.2.1', 0);
  t.equal(letterOf(candidates.next()), 'A');
  t.equal(letterOf(candidates.next()), 'B');
  abc.update(configOf('ABC'));
  t.equal(rest(candidates), 'C');
});

t.test('every endpoint has the same share under interleaving, failures and updates', async (t) => {
  const subject = balancer('ABCDE');
  const share = new Map<string, number>();
  for (let round = 0; round < 1000; round++) {
    if (round % 7 === 0) subject.update(configOf('ABCDE'));
    if (round === 10) subject.setAside(endpoint('C'), round);
    const candidates = subject.candidates('192.0.2.1', round);
    const letter = letterOf(candidates.next());
    if (round % 3 === 0) candidates.next();
    share.set(letter, (share.get(letter) ?? 0) + 1);
  }
  const others = ['A', 'B', 'D', 'E'].map((letter) => share.get(letter) ?? 0);
  t.equal(share.get('C'), 2, 'C had its turns in the first ten rounds only');
  t.ok(Math.max(...others) - Math.min(...others) <= 1, `the others: ${others}`);
});

t.test('it knows its endpoints by address, not by object', async (t) => {
  const ab = balancer('AB');
  t.equal(ab.size, 2);
  t.ok(ab.has({ ip: '10.0.0.1', port: 80 }));
  t.notOk(ab.has({ ip: '10.0.0.1', port: 81 }));
  ab.update(configOf('B'));
  t.notOk(ab.has(endpoint('A')));
});

t.test('a preferred endpoint comes out of turn, once, and not while it is set aside', async (t) => {
  const rotation = new Rotation();
  rotation.replace(endpointsOf('ABCD'));
  const first = new RoundRobin(rotation, 0);
  t.equal(letterOf(first.next(endpoint('C'))), 'C');
  t.equal(letterOf(first.next(endpoint('C'))), 'D', 'it was tried: on with what follows it');
  t.equal(letterOf(first.next(endpoint('B'))), 'B', 'another one may be preferred by then');
  t.equal(letterOf(first.next()), 'A');
  t.equal(first.next(endpoint('A')), undefined);
  t.equal(rotation.position, 0, 'no turn was taken');
  rotation.setAside(endpoint('D'), 10);
  t.equal(letterOf(new RoundRobin(rotation, 9).next(endpoint('D'))), 'A');
  t.equal(letterOf(new RoundRobin(rotation, 10).next(endpoint('D'))), 'D');
  t.equal(
    letterOf(new RoundRobin(rotation, 10).next(endpoint('Z'))),
    'B',
    'one that is not there is no matter',
  );
});

// What a data plane's Balancer adds to round robin: pins of clients, and endpoints that rest. Time is a number.
import t from 'tap';
import type { Balancer, BalancerConfig, Candidates } from '../../lib/balance/balancer.js';
import { listenerBalancer } from '../../lib/balance/listener-balancer.js';
import type { EndpointAddress } from '../../lib/model/endpoint.js';

const [one, two, three] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const;

/** `A` is 10.0.0.1:80, `B` 10.0.0.2:80 … */
function endpoint(letter: string): EndpointAddress {
  return { ip: `10.0.0.${letter.charCodeAt(0) - 64}`, port: 80 };
}

function letterOf(candidate: EndpointAddress | undefined): string {
  return candidate === undefined ? '-' : String.fromCharCode(64 + Number(candidate.ip.split('.')[3]));
}

/** `ABC` are usable, of `ABC/D` D is resting. */
function configOf(letters: string, affinityTimeoutMs?: number): BalancerConfig {
  const [endpoints = [], resting = []] = letters.split('/').map((part) => [...part].map(endpoint));
  return { endpoints, resting, ...(affinityTimeoutMs !== undefined && { affinityTimeoutMs }) };
}

function balancer(letters: string, affinityTimeoutMs?: number): Balancer {
  const made = listenerBalancer({ setAsideMs: 5000 });
  made.update(configOf(letters, affinityTimeoutMs));
  return made;
}

/** Where a connection of `client` gets that is answered at once. */
function connect(of: Balancer, client: string, nowMs = 0): string {
  const offered = of.candidates(client, nowMs).next();
  if (offered !== undefined) of.chosen(client, offered, nowMs);
  return letterOf(offered);
}

function rest(candidates: Candidates): string {
  let letters = '';
  for (let step = 0; step < 50; step++) {
    const letter = letterOf(candidates.next());
    if (letter === '-') return letters;
    letters += letter;
  }
  return `${letters}…`;
}

t.test('without affinity a client goes round', async (t) => {
  const abc = balancer('ABC');
  t.equal([one, one, one, one].map((client) => connect(abc, client)).join(''), 'ABCA');
});

t.test('with affinity a client stays, and clients are spread', async (t) => {
  const abc = balancer('ABC', 1000);
  t.equal([one, one, two, one, three, two].map((client) => connect(abc, client)).join(''), 'AABACB');
});

t.test('a pin expires when its client was away for the timeout', async (t) => {
  const abc = balancer('ABC', 1000);
  t.equal(connect(abc, one, 0), 'A');
  t.equal(connect(abc, one, 999), 'A');
  t.equal(connect(abc, one, 1998), 'A');
  t.equal(connect(abc, one, 2998), 'B');
});

t.test('the timeout changes live, on and off included', async (t) => {
  const abc = balancer('ABC', 1000);
  t.equal(connect(abc, one, 0), 'A');
  abc.update(configOf('ABC', 5000));
  t.equal(connect(abc, one, 4000), 'A', 'longer');
  abc.update(configOf('ABC', 100));
  t.equal(connect(abc, one, 4100), 'B', 'shorter');
  abc.update(configOf('ABC'));
  t.equal(connect(abc, one, 4101), 'C', 'off');
  abc.update(configOf('ABC', 1000));
  t.equal(connect(abc, one, 4102) + connect(abc, one, 4103), 'AA', 'on again, and nothing is remembered');
});

t.test('first connections that come at the same time agree', async (t) => {
  const abc = balancer('ABC', 1000);
  const both = [abc.candidates(one, 0), abc.candidates(one, 0)];
  t.equal(both.map((candidates) => letterOf(candidates.next())).join(''), 'AA');
});

t.test('a failed dial pins to the endpoint that answered', async (t) => {
  const abc = balancer('ABC', 10_000);
  const candidates = abc.candidates(one, 0);
  t.equal(letterOf(candidates.next()), 'A');
  abc.setAside(endpoint('A'), 1000);
  t.equal(letterOf(candidates.next()), 'B');
  abc.chosen(one, endpoint('B'), 1000);
  t.equal(connect(abc, one, 9000), 'B', 'also when A is no longer set aside');
});

t.test('each dial that fails moves the client on, and the last pin sticks', async (t) => {
  const abc = balancer('ABC', 60_000);
  t.equal(connect(abc, one) + connect(abc, two), 'AB');
  for (const [failing, then] of [
    ['A', 'B'],
    ['B', 'C'],
    ['C', 'A'],
  ] as const) {
    const nowMs = 10_000 * failing.charCodeAt(0);
    abc.chosen(one, endpoint(failing), nowMs);
    const candidates = abc.candidates(one, nowMs);
    t.equal(letterOf(candidates.next()), failing);
    abc.setAside(endpoint(failing), nowMs);
    const next = candidates.next();
    t.equal(letterOf(next), then);
    if (next !== undefined) abc.chosen(one, next, nowMs);
    t.equal(connect(abc, one, nowMs + 9000), then);
  }
});

t.test('connections that wait for the same dead endpoint go on to the same one', async (t) => {
  const abcd = balancer('ABCD', 10_000);
  const [first, second] = [abcd.candidates(one, 0), abcd.candidates(one, 0)];
  t.equal(letterOf(first.next()) + letterOf(second.next()), 'AA');
  t.equal(connect(abcd, two), 'B');
  abcd.setAside(endpoint('A'), 1000);
  t.equal(letterOf(first.next()), 'B');
  t.equal(connect(abcd, one, 1000), 'B', 'a third one that comes now');
  t.equal(letterOf(second.next()), 'B');
  t.equal(rest(first), 'CD', 'what is left, each once');
});

t.test('a pin to an endpoint that is set aside moves on', async (t) => {
  const abc = balancer('ABC', 10_000);
  t.equal(connect(abc, one), 'A');
  abc.setAside(endpoint('A'), 0);
  t.equal(connect(abc, one, 1), 'B');
  abc.answered(endpoint('A'));
  t.equal(connect(abc, one, 2), 'B');
});

t.test('pins of an endpoint that left are dropped, others stay', async (t) => {
  const abc = balancer('ABC', 10_000);
  t.equal(connect(abc, one) + connect(abc, two), 'AB');
  abc.update(configOf('BC', 10_000));
  t.equal(connect(abc, two), 'B');
  abc.update(configOf('ABC', 10_000));
  t.equal(connect(abc, one), 'C', 'A came back as a stranger');
  t.equal(connect(abc, two), 'B');
  abc.update(configOf('', 10_000));
  t.equal(connect(abc, two), '-');
  abc.update(configOf('ABC', 10_000));
  t.equal(connect(abc, two), 'A');
});

t.test('one Service that loses its endpoints leaves the pins of another alone', async (t) => {
  const [foo, bar] = [balancer('AB', 10_000), balancer('AB', 10_000)];
  t.equal(connect(foo, one) + connect(bar, two) + connect(bar, one), 'AAB');
  foo.update(configOf('', 10_000));
  t.equal(connect(foo, one), '-');
  t.equal(connect(bar, one) + connect(bar, two), 'BA');
});

t.test('an endpoint that joins takes no client from another', async (t) => {
  const ab = balancer('AB', 10_000);
  t.equal(connect(ab, one) + connect(ab, two), 'AB');
  ab.update(configOf('CAB', 10_000));
  t.equal(connect(ab, one) + connect(ab, two), 'AB');
});

t.test(
  'a resting endpoint is offered to nobody and keeps the pins of clients that do not come',
  async (t) => {
    const abc = balancer('ABC', 10_000);
    t.equal(connect(abc, one) + connect(abc, two), 'AB');
    abc.update(configOf('C/AB', 10_000));
    t.equal(connect(abc, one), 'C', 'who comes moves');
    t.equal(rest(abc.candidates(three, 0)), 'C');
    t.equal(abc.size, 1);
    t.ok(abc.has(endpoint('A')), 'it is there, nevertheless');
    abc.update(configOf('ABC', 10_000));
    t.equal(connect(abc, one) + connect(abc, two), 'CB');
    abc.update(configOf('/AB', 10_000));
    t.equal(connect(abc, two), '-');
    t.notOk(abc.has(endpoint('C')));
    abc.update(configOf('ABC', 10_000));
    t.equal(connect(abc, two), 'B', 'not even with none to move to');
  },
);

t.test('an answer of an endpoint that has just left pins nobody to it', async (t) => {
  const ab = balancer('AB', 10_000);
  t.equal(letterOf(ab.candidates(one, 0).next()), 'A');
  ab.update(configOf('B', 10_000));
  ab.chosen(one, endpoint('A'), 0);
  ab.update(configOf('BA', 10_000));
  t.equal(connect(ab, one), 'B');
});

t.test('affinity may go off while a client tries', async (t) => {
  const abc = balancer('ABC', 10_000);
  const candidates = abc.candidates(one, 0);
  t.equal(letterOf(candidates.next()), 'A');
  abc.update(configOf('ABC'));
  t.equal(rest(candidates), 'BC');
  abc.chosen(one, endpoint('B'), 0);
  t.equal(connect(abc, one), 'B', 'B is whose turn it is');
  t.equal(connect(abc, one), 'C');
});

t.test('the same arrays again leave everything as it was', async (t) => {
  const config = configOf('ABC/D', 10_000);
  const abc = listenerBalancer({ setAsideMs: 5000 });
  abc.update(config);
  t.equal(connect(abc, one) + connect(abc, two), 'AB');
  abc.setAside(endpoint('C'), 0);
  abc.update({ ...config });
  t.equal(connect(abc, one) + connect(abc, two) + connect(abc, three), 'ABA');
});

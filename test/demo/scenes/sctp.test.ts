// SCTP in the demo: claims that hold, and worlds in which they must not.
import t from 'tap';
import { sctpAsks } from '../../../lib/demo/scenes/sctp.js';
import { createFakeWorld, type Fault } from '../../support/fake-theatre.js';

async function play(fault?: Fault) {
  const { theatre, story, told } = createFakeWorld(fault);
  return { claims: await sctpAsks(theatre, story), told };
}

const failing = (claims: readonly { readonly text: string; readonly holds: boolean }[]) =>
  claims.filter(({ holds }) => !holds).map(({ text }) => text);

t.test('in a sound world all of it holds', async (t) => {
  const { claims } = await play();
  t.equal(claims.length, 9);
  for (const { text, evidence, holds } of claims) t.ok(holds, `${text}: ${evidence}`);
  t.match(claims, [{ evidence: 'protocol 132, process 100' }]);
  t.ok(claims.some(({ evidence }) => evidence === '4 relayed, in 36 packets'));
});

t.test('without raw sockets it is left out, with the reason', async (t) => {
  const { claims, told } = await play('no raw sockets');
  t.same(claims, []);
  t.match(told.join('\n'), /Left out: .*raw sockets.*no CAP_NET_RAW/);
});

t.test('each claim can fail', async (t) => {
  const table: readonly [fault: Fault, text: string][] = [
    ['no listeners', 'signal: a raw socket instead of a listener'],
    ['half an association', 'pod → signal: associations end to end'],
    ['always the same endpoint', 'pod → signal: the endpoints take turns'],
    ['no translation', 'pod → signal: conntrack sends answers back'],
    ['answers without endpoints', 'no endpoints: signal (SCTP) refuses'],
  ];
  for (const [fault, text] of table) t.same(failing((await play(fault)).claims), [text], fault);
});

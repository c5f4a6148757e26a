// Edits of the EndpointSlices: in force or not, rules untouched or not, refused or not.
import t from 'tap';
import {
  endpointIsReplaced,
  endpointsReturn,
  noEndpoints,
  proxyPorts,
  seconds,
} from '../../../lib/demo/scenes/endpoint-changes.js';
import { shownServices } from '../../../lib/demo/services.js';
import { createFakeWorld, type Fault } from '../../support/fake-theatre.js';

async function play(fault?: Fault) {
  const { theatre, story } = createFakeWorld(fault);
  return {
    replaced: await endpointIsReplaced(theatre, story),
    none: await noEndpoints(theatre, story),
    back: await endpointsReturn(theatre, story),
  };
}

t.test('in a sound world all of it holds', async (t) => {
  const { replaced, none, back } = await play();
  for (const { text, evidence, holds } of [...replaced, ...none, ...back])
    t.ok(holds, `${text}: ${evidence}`);
  t.match(replaced[3], { evidence: 'rules written 11 → 11; same text' });
  t.match(none[2], { evidence: 'web: 40001, clock: 40002' });
});

t.test('an edit that does nothing is noticed: no new endpoint, no refusal', async (t) => {
  const { replaced, none } = await play('deaf to edits');
  t.match(replaced[0], { evidence: 'not within 5 s', holds: false });
  t.equal(replaced[2]?.holds, false, 'the new one takes no turns');
  t.same(
    none.map(({ holds }) => holds),
    [false, false, false],
  );
});

t.test('a proxy that rewrites rules for endpoints is noticed', async (t) => {
  const { replaced } = await play('rewrites rules');
  t.match(replaced[3], { evidence: 'rules written 11 → 12; text changed', holds: false });
});

t.test('an answer where there are no endpoints is no refusal', async (t) => {
  const { none } = await play('answers without endpoints');
  t.same(
    none.map(({ holds }) => holds),
    [false, false, true],
  );
});

t.test('Services that stay away are not back', async (t) => {
  const { theatre, story } = createFakeWorld('deaf to edits');
  await theatre.proxy.kill();
  const back = await endpointsReturn(theatre, story);
  t.same(
    back.map(({ holds }) => holds),
    [false, false, true],
  );
});

t.test('proxy ports are read from the rules', async (t) => {
  t.equal(await proxyPorts(createFakeWorld().theatre), '40001 40002');
  t.equal(
    await proxyPorts(createFakeWorld('rules withheld').theatre),
    shownServices.map(() => 'none').join(' '),
  );
  t.equal(seconds(1234), '1.23 s');
});

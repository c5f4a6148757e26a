// Events over real sockets, to a server that checks them as the API does.
import t, { type Test } from 'tap';
import { systemClock } from '../../../lib/proxier/clock.js';
import type { ProxyEvent } from '../../../lib/proxier/event-recorder.js';
import { createEventRecorder } from '../../../lib/sources/kube/event-recorder.js';
import { type ApiServer, createApiServer } from '../../support/api-server.js';
import { recordingLog, shortTiming, sleep, temporaryFolder, until } from '../../support/kube-trial.js';

async function setUp(t: Test, server?: ApiServer, nodeName = 'node-1', uids = new Map<string, string>()) {
  const api = server ?? (await createApiServer());
  const kubeconfig = await api.writeKubeconfig(await temporaryFolder(t), { auth: 'none' });
  const log = recordingLog();
  const recorder = await createEventRecorder({
    kubeconfig,
    nodeName,
    uidOf: ({ name }) => uids.get(name) ?? `uid-of-${name}`,
    clock: systemClock,
    log,
    timing: shortTiming,
    writeIntervalMs: 1,
  });
  t.teardown(async () => {
    await recorder.close();
    if (server === undefined) await api.close();
  });
  return { api, recorder, log };
}

const about = (name: string, wish: Partial<ProxyEvent> = {}): ProxyEvent => ({
  regarding: { kind: 'Service', namespace: 'shop', name },
  type: 'Warning',
  reason: 'NodePortTaken',
  action: 'Serve',
  note: 'another process listens',
  ...wish,
});

const node: ProxyEvent['regarding'] = { kind: 'Node', namespace: '', name: 'node-1' };

t.test('events on the Node and on Services arrive', async (t) => {
  const { api, recorder, log } = await setUp(t);
  recorder.record(
    about('', { regarding: node, type: 'Normal', reason: 'Starting', action: 'StartKubeProxy' }),
  );
  recorder.record(about('web'));
  await until('both are written', () => api.events().length === 2);
  t.match(api.events(), [
    { metadata: { namespace: 'default' }, reason: 'Starting', regarding: { uid: 'uid-of-node-1' } },
    {
      metadata: { namespace: 'shop' },
      reason: 'NodePortTaken',
      regarding: { name: 'web', uid: 'uid-of-web' },
    },
  ]);
  t.strictSame(log.lines, []);
});

t.test('the same event again counts up; one that the server has forgotten is written anew', async (t) => {
  const { api, recorder } = await setUp(t);
  for (let i = 0; i < 3; i += 1) recorder.record(about('web'));
  await until(
    'it counts three',
    () => (api.events()[0]?.series as { count?: number } | undefined)?.count === 3,
  );
  t.equal(api.events().length, 1);
  const [first] = api.events();
  api.delete({ kind: 'Event' as never, namespace: 'shop', name: first?.metadata.name ?? '' });
  recorder.record(about('web'));
  await until('there is a new one', () => api.events().length === 1);
  t.notOk(api.events()[0]?.series);
});

t.test('what is told of a Service is told again of one that takes its place', async (t) => {
  const uids = new Map([['web', 'first']]);
  const { api, recorder } = await setUp(t, undefined, 'node-1', uids);
  const events = [about('web'), about('web', { reason: 'NoEndpoints', clusterWide: true })];
  for (const event of events) recorder.record(event);
  await until('both are told', () => api.events().length === 2);
  uids.set('web', 'second');
  for (const event of events) recorder.record(event);
  await until('both are told anew', () => api.events().length === 4);
  const told = api
    .events()
    .map(({ regarding, reason }) => `${(regarding as { uid?: string }).uid} ${reason}`);
  t.strictSame(told.sort(), [
    'first NoEndpoints',
    'first NodePortTaken',
    'second NoEndpoints',
    'second NodePortTaken',
  ]);
});

t.test('one object in trouble writes 25 and no more, and is no hindrance for others', async (t) => {
  const { api, recorder, log } = await setUp(t);
  for (let i = 0; i < 60; i += 1) recorder.record(about('web', { note: `trouble ${i}` }));
  recorder.record(about('api'));
  await until('the other one is told', () =>
    api.events().some(({ regarding }) => (regarding as { name?: string }).name === 'api'),
  );
  t.equal(api.events().length, 26);
  t.equal(log.lines.filter(({ level }) => level === 'debug').length, 35);
});

t.test('what holds on every node is written once for all of them', async (t) => {
  const { api, recorder, log } = await setUp(t);
  const other = await setUp(t, api, 'node-2');
  const shared = about('web', { reason: 'NoEndpoints', clusterWide: true });
  recorder.record(shared);
  await until('it is written', () => api.events().length === 1);
  other.recorder.record(shared);
  recorder.record(shared);
  await until('both have asked', () => api.requests().length === 2);
  await sleep(50);
  t.equal(api.events().length, 1);
  t.equal(api.requests().length, 2, 'what was told is not told again');
  t.strictSame([...log.lines, ...other.log.lines], []);
});

t.test('a server that refuses or is away costs a line in the debug log, and nothing more', async (t) => {
  const { api, recorder, log } = await setUp(t);
  api.failNext({ verb: 'create', answer: { kind: 'status', status: 403 } });
  api.failNext({ verb: 'create', answer: { kind: 'reset' } });
  for (const name of ['a', 'b', 'c']) recorder.record(about(name));
  await until('the third is written', () => api.events().length === 1);
  t.strictSame(
    log.lines.map(({ level }) => level),
    ['debug', 'debug'],
  );
  t.equal(api.requests().length, 3, 'none is tried again');
});

t.test(
  'closing does not wait for a server that does not answer, and nothing is written after it',
  async (t) => {
    const { api, recorder } = await setUp(t);
    api.failNext({ verb: 'create', answer: { kind: 'no-answer' } });
    recorder.record(about('a'));
    recorder.record(about('b'));
    await until('the first is under way', () => api.requests().length === 1);
    await recorder.close();
    recorder.record(about('c'));
    await sleep(50);
    t.equal(api.requests().length, 1);
  },
);

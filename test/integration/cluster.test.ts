// A cluster as the source: Services of an API server answer, and while it is away the node goes on as it was.
import t from 'tap';
import { startApiServer } from '../support/api-server-client.js';
import { eventually, sleep } from '../support/eventually.js';
import { startLoad } from '../support/load.js';
import { service, slice } from '../support/objects.js';
import { startProgram } from '../support/portal.js';
import { addresses } from '../support/rig.js';
import { createStage, type Stage, serveOnPods } from '../support/stage.js';

t.jobs = 2;

const [pod1, pod2] = addresses.IPv4.pods;
const webIP = '10.96.0.70';
const laterIP = '10.96.0.71';
const web = service('web', webIP);
/** The reflector waits a moment before it tries again, and longer each time. */
const comebackMs = 20_000;

function answersBy(stage: Stage, ip: string, by: string, timeoutMs?: number): Promise<number> {
  const isBy = async () => (await stage.pods.tcpRequest(ip, 80, { timeoutMs: 300 })).reply === by;
  return eventually(`${by} answers at ${ip}`, isBy, timeoutMs);
}

t.test('an API server that is away, comes, goes and comes back changed', { buffered: true }, async (t) => {
  const stage = await createStage(t);
  const { node } = stage.rig;
  await serveOnPods(stage, 'web', { count: 2 });
  const api = await startApiServer(node, stage.manifests.path, { paused: true });
  await api.put(web, slice('web', [pod1]));

  const program = startProgram(node, ['run', `--kubeconfig=${api.kubeconfig}`, '--iptables-variant=nft']);
  await program.logged(/"HTTP server listens"/);
  await sleep(1500);
  t.equal((await program.healthz()).status, 503, 'not healthy before the first sync');
  t.notMatch(await stage.saved(), /KUBE-/, 'and no rule is touched');

  await api.resume();
  t.comment(`served ${await answersBy(stage, webIP, 'web1', comebackMs)} ms after the API server came`);
  t.equal((await program.healthz()).status, 200);

  await api.put(slice('web', [pod2]));
  t.comment(`an endpoint change is in force after ${await answersBy(stage, webIP, 'web2')} ms`);

  const stream = await stage.outside.tcpOpen(webIP, 80);
  const load = startLoad(() => stage.pods.tcpRequest(webIP, 80), { clients: 1 });
  await api.pause();
  await api.put(service('later', laterIP), slice('later', [pod1]), slice('web', [pod1, pod2]));
  await sleep(1500);
  t.equal((await program.healthz()).status, 200, 'what is in force stays in force');
  t.equal(await stream.exchange('still'), 'still');
  const records = await load.stop();
  t.ok(records.length > 10 && records.every(({ reply }) => reply === 'web2'), 'all were served meanwhile');

  await api.resume();
  t.comment(
    `changes are in force ${await answersBy(stage, laterIP, 'web1', comebackMs)} ms after its return`,
  );
  await answersBy(stage, webIP, 'web1');
  t.equal(await stream.exchange('still'), 'still');
  await api.delete({ kind: 'Service', namespace: 'default', name: 'later' });
  await eventually(
    'the Service is gone',
    async () => !(await stage.pods.tcpRequest(laterIP, 80, { timeoutMs: 300 })).ok,
  );
  await stream.close();
  t.same(await program.end(), { code: 0, signal: null });
});

t.test('TLS with a token', { buffered: true }, async (t) => {
  const stage = await createStage(t, { variant: 'legacy', addressless: false });
  await serveOnPods(stage, 'web', { count: 1 });
  const api = await startApiServer(
    stage.rig.node,
    stage.manifests.path,
    { tls: true, tokens: ['secret'] },
    { auth: 'token', token: 'secret' },
  );
  await api.put(web, slice('web', [pod1]));
  const program = await startProgram(stage.rig.node, [
    'run',
    `--kubeconfig=${api.kubeconfig}`,
    '--iptables-variant=legacy',
  ]).forwarding();
  t.match(await stage.pods.tcpRequest(webIP, 80), { reply: 'web1' });
  t.match(await stage.host.tcpRequest(webIP, 80), { reply: 'web1' });
  t.equal(await api.authorizations(), 'Bearer secret');
  t.notMatch(program.log().join('\n'), /secret/, 'and the log does not tell the token');
  t.same(await program.end(), { code: 0, signal: null });
});

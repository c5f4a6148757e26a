// A Service without endpoints is told after a minute of it, once, by the whole program and to an API server.
import t from 'tap';
import { startApiServer } from '../support/api-server-client.js';
import { eventually, sleep } from '../support/eventually.js';
import { service, slice } from '../support/objects.js';
import { startProgram } from '../support/portal.js';
import { addresses } from '../support/rig.js';
import { createStage } from '../support/stage.js';

t.setTimeout(150_000);

t.test('NoEndpoints', async (t) => {
  const stage = await createStage(t, { addressless: false });
  const { node } = stage.rig;
  const api = await startApiServer(node, stage.manifests.path);
  await api.put(
    service('idle', '10.96.0.61'),
    service('web', '10.96.0.60'),
    slice('web', addresses.IPv4.pods.slice(0, 1)),
  );
  const startedMs = performance.now();
  const flags = ['--iptables-variant=nft', '--hostname-override=node-a', '--sync-period=2s'];
  const socket = `--admin-socket=${stage.adminSocket}`;
  const run = ['run', `--kubeconfig=${api.kubeconfig}`, ...flags, socket];
  const program = await startProgram(node, run).forwarding();
  const warnings = async () => (await api.events()).filter(({ type }) => type === 'Warning');
  await eventually('it is told', async () => (await warnings()).length > 0, 90_000);
  t.ok(performance.now() - startedMs > 60_000, 'not within a minute, which a rollout may take');
  await sleep(5000);
  t.match(await warnings(), [
    {
      reason: 'NoEndpoints',
      regarding: { kind: 'Service', namespace: 'default', name: 'idle', uid: /^uid-/ },
      note: 'default/idle has had no IPv4 endpoint for 60 s: clients are refused',
    },
  ]);
  t.same(await program.end(), { code: 0, signal: null });
});

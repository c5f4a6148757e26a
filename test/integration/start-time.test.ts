// The time from the start of the program to the first answer, with the manifests of the demo.
import t from 'tap';
import { eventually } from '../support/eventually.js';
import { startProgram } from '../support/portal.js';
import { createStage } from '../support/stage.js';

/** The aim is 1 s; the rest is for a busy machine. */
const deadlineMs = 3000;

t.test('the demo manifests are served soon after the start', async (t) => {
  const stage = await createStage(t);
  // The endpoints of examples/demo.
  const webs = ['10.244.0.11', '10.244.0.12', '10.244.0.13'];
  await stage.rig.pods.run(['ip', 'address', 'add', '10.244.0.21/24', 'dev', 'eth0']);
  for (const address of webs) {
    await stage.rig.pods.run(['ip', 'address', 'add', `${address}/24`, 'dev', 'eth0']);
    await stage.pods.tcpEcho(address, 8080, `web at ${address}`);
  }
  await stage.pods.udpEcho('10.244.0.21', 3737, 'clock');

  const program = startProgram(stage.rig.node, [
    'run',
    '--manifests=examples/demo',
    '--iptables-variant=nft',
  ]);
  await eventually(
    'web answers',
    async () => (await stage.host.tcpRequest('10.96.0.80', 80, { timeoutMs: 50 })).ok,
  );
  const elapsedMs = Math.round(performance.now() - program.startedAtMs);
  t.comment(`first answer ${elapsedMs} ms after the start`);
  t.ok(elapsedMs < deadlineMs, `${elapsedMs} ms`);
  t.match((await stage.host.udpRequest('10.96.0.37', 37)).ok, true, 'and so is the other one');
});

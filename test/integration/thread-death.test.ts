// A thread of the data plane dies: the program says so once and ends with a status that makes a supervisor start it again.
// Its streams are reset; nobody is left waiting, and the rules stay.
import t from 'tap';
import { eventually } from '../support/eventually.js';
import { service, slice } from '../support/objects.js';
import { addresses } from '../support/rig.js';
import { createStage, serveOnPods } from '../support/stage.js';

const ip = '10.96.0.60';

t.test('the program ends, and the next one serves', async (t) => {
  const stage = await createStage(t, { dataPlane: 'linux' });
  await serveOnPods(stage, 'echo', { count: 1 });
  const ports = [{ name: 'tcp', port: 80, targetPort: 8080, protocol: 'TCP' }] as const;
  await stage.manifests.write('services.json', [
    service('echo', ip, { ports }),
    slice('echo', addresses.IPv4.pods.slice(0, 1), { ports: [{ name: 'tcp', port: 8080, protocol: 'TCP' }] }),
  ]);
  const ender = new URL('../support/thread-ender.js', import.meta.url);
  const options = { env: { NODE_OPTIONS: `--import=${ender}` } };
  const program = await stage.serve([], options);
  const rules = await stage.saved();
  const [quiet, busy] = [await stage.outside.tcpOpen(ip, 80), await stage.outside.tcpOpen(ip, 80)];
  t.equal(await quiet.exchange('still'), 'still');

  program.kill('SIGUSR2');
  // The thread is in a wait that goes on until there is something to do.
  const talk = async (): Promise<void> => {
    for (let words = 0; words < 1000; words++) await busy.exchange('still');
  };
  await t.rejects(talk());
  t.same(await program.exited, { code: 1, signal: null });
  const died = program.records().filter(({ msg }) => msg.startsWith('the data plane has died'));
  t.match(died, [{ level: 'error', err: { message: /^thread data-plane-\d has failed/ } }]);
  t.equal(died.length, 1, 'said once');
  // Not the busy one: Node takes a reset that comes right behind data for an end.
  await t.rejects(
    quiet.exchange('more'),
    { code: /^(ECONNRESET|EPIPE)$/ },
    'what broke off has no clean end',
  );
  t.match(await stage.outside.tcpRequest(ip, 80, { timeoutMs: 2000 }), { errorCode: 'ECONNREFUSED' });
  t.equal(await stage.saved(), rules, 'the rules stand without the program');

  await stage.serve();
  await eventually('the next one serves', async () => (await stage.outside.tcpRequest(ip, 80)).ok);
  t.equal(await stage.saved(), rules);
});

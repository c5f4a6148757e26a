// Which data plane the whole program runs on: what the flag says, what it says itself, and what it does where koffi has
// no binary for the machine.
import t, { type Test } from 'tap';
import { service, slice } from '../support/objects.js';
import type { Program } from '../support/portal.js';
import { copyProgram } from '../support/program-copy.js';
import { addresses } from '../support/rig.js';
import { createStage, type Stage, serveOnPods } from '../support/stage.js';

t.jobs = 2;

const webIP = '10.96.0.80';

async function stageWithWeb(t: Test, dataPlane?: 'linux' | 'node'): Promise<Stage> {
  const stage = await createStage(t, { dataPlane });
  await stage.manifests.write('web.json', [service('web', webIP), slice('web', [addresses.IPv4.pods[0]])]);
  await serveOnPods(stage, 'web', { count: 1 });
  return stage;
}

/** The one line of the log that tells, and the one sample of the metric; both say the same. */
async function saysThat(t: Test, program: Program, kind: string, reason: RegExp): Promise<void> {
  const lines = program.records().filter(({ msg }) => msg.startsWith('data plane '));
  t.equal(lines.length, 1, 'one line');
  t.match(lines[0], { dataPlane: kind, reason });
  const [[labels = '', value] = [], ...more] = await program.metric('kubeportal_data_plane_info');
  t.same(more, [], 'one sample');
  t.equal(value, 1);
  t.match(labels, new RegExp(`^\\{kind="${kind}",reason="${reason.source}"\\}$`));
}

const wishes = [
  { dataPlane: 'auto', kind: 'linux', reason: /its self-test passed/ },
  { dataPlane: 'linux', kind: 'linux', reason: /asked for/ },
  { dataPlane: 'node', kind: 'node', reason: /asked for/ },
] as const;
t.test('it is the one that the flag says', { buffered: true }, async (t) => {
  const stage = await stageWithWeb(t);
  for (const { dataPlane, kind, reason } of wishes) {
    await t.test(`--data-plane ${dataPlane}`, async (t) => {
      const program = await stage.serve([`--data-plane=${dataPlane}`]);
      await saysThat(t, program, kind, reason);
      t.match(await stage.pods.tcpRequest(webIP, 80), { reply: 'web1' });
      t.same(await program.end(), { code: 0, signal: null });
    });
  }
});

t.test('koffi without its binary for this machine', { buffered: true }, async (t) => {
  const { mainFile } = await copyProgram(t, [`@koromix/koffi-linux-${process.arch}`]);
  const reason = /linux does not work here: koffi, which calls the kernel, can not be loaded: .*native.*/i;

  await t.test('linux asked for: an error that says so, before any rule is touched', async (t) => {
    const stage = await stageWithWeb(t, 'linux');
    const program = stage.start([], { mainFile });
    t.same(await program.exited, { code: 1, signal: null });
    const errors = program.records().filter(({ level }) => level === 'error');
    t.equal(errors.length, 1);
    t.match(errors[0], { msg: 'kube-portal could not start', err: { message: reason } });
    t.equal(await stage.saved(), '', 'no rule of ours');
    t.equal(await stage.saved('IPv6'), '');
  });

  await t.test('auto: it serves on node, and one warning says why', async (t) => {
    const stage = await stageWithWeb(t);
    const program = await stage.serve([], { mainFile });
    await saysThat(t, program, 'node', reason);
    const warnings = program.records().filter(({ level }) => level === 'warn');
    t.match(warnings, [{ dataPlane: 'node', reason }], 'nothing else is warned of');
    t.match(await stage.pods.tcpRequest(webIP, 80), { reply: 'web1' });
    t.match(await stage.host.tcpRequest(webIP, 80), { reply: 'web1' });
  });
});

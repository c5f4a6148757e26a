// `kube-portal status` and `top`, and `explain` where rules were deleted, without a process, and on manifests alone.
import t, { type Test } from 'tap';
import type { Explanation } from '../../lib/explain/explanation.js';
import { explain, faultyServices } from '../support/faulty-services.js';
import { runProgram } from '../support/portal.js';
import { addresses } from '../support/rig.js';
import { createStage, type Stage, serveOnPods } from '../support/stage.js';

/** Begins what a terminal obeys. */
const escapeCode = '\u001b';

t.test('status and top, and a rule that is gone', async (t) => {
  const stage = await createStage(t, { dataPlane: 'node', addressless: false });
  await stage.manifests.write('all.json', faultyServices);
  await serveOnPods(stage, 'web', { count: 2 });
  await stage.host.tcpEcho(addresses.IPv4.node.pods, 30_102, 'somebody else');
  await stage.serve(['--sctp-relay=off']);

  await t.test('status and top show what is served, and count', (t) => statusAndTop(t, stage));

  await t.test('a rule that somebody deleted by hand', async (t) => {
    await deleteRule(stage, 'default/web');
    const { explanation, status } = await explain(stage, ['default/web']);
    t.equal(explanation.verdict.code, 'rule-missing');
    t.match(explanation.verdict.text, /clusterIP 10\.96\.1\.1:80.*It is served at nodePort 30101/);
    t.equal(status, 1);
  });
});

/** Deletes one rule of a clusterIP, in a chain of the tree. */
async function deleteRule(stage: Stage, name: string): Promise<void> {
  const pattern = new RegExp(`^-A (KUBE-PORTALS-\\S+) (-d .*"${name}".*)$`, 'm');
  const [, chain = '', rule = ''] = pattern.exec(await stage.saved()) ?? [];
  await stage.run(`iptables-${stage.variant} -t nat -D ${chain} ${rule.replaceAll('"', '')}`);
}

async function statusAndTop(t: Test, stage: Stage): Promise<void> {
  const socket = `--admin-socket=${stage.adminSocket}`;
  await stage.pods.tcpRequest('10.96.1.1', 80, {});
  const text = await runProgram(stage.rig.node, ['status', socket]);
  t.equal(text.status, 0);
  t.match(text.stdout, /^default\/web +TCP +10\.96\.1\.1:80 :30101 +\d+ +2\/2 +\d+ +1 +0 +-$/m);
  t.match(text.stdout, /nodePort 30102 is not served on this node/);
  const json = JSON.parse((await runProgram(stage.rig.node, ['status', '--json', socket])).stdout);
  t.equal(json.apiVersion, 'kube-portal/status/v1');
  t.match(
    json.services.find(({ name }: { name: string }) => name === 'default/web'),
    { opened: 1 },
  );
  const top = await runProgram(stage.rig.node, ['top', '--interval=100ms', socket]);
  t.equal(top.status, 0);
  t.match(top.stdout, /^SERVICE +PROTO +NEW\/S/m, 'one table, without a terminal');
  t.notOk(top.stdout.includes(escapeCode));
  const terminal = await stage.rig.node.run([
    'script',
    '-qec',
    `sh -c "(sleep 1; kill -INT \\$\\$) & exec ${process.execPath} dist/lib/main.js top --interval=100ms ${socket}"`,
    '/dev/null',
  ]);
  t.ok(terminal.stdout.startsWith(`${escapeCode}[?1049h`), 'on a terminal: its alternate screen');
  t.ok(
    terminal.stdout.trimEnd().endsWith(`${escapeCode}[?25h${escapeCode}[?1049l`),
    'which is left on SIGINT',
  );
}

t.test('the rules of iptables-legacy are read as well', async (t) => {
  const stage = await createStage(t, { variant: 'legacy', dataPlane: 'node' });
  await stage.manifests.write('all.json', faultyServices);
  await serveOnPods(stage, 'web', { count: 2 });
  await stage.serve(['--sctp-relay=off']);
  const before = await explain(stage, ['default/web']);
  t.match(before.explanation.servicePorts[0]?.portals[0]?.rule, { state: 'in-place', variant: 'legacy' });
  t.equal(before.status, 0);
  await deleteRule(stage, 'default/web');
  t.equal((await explain(stage, ['default/web'])).explanation.verdict.code, 'rule-missing');
});

t.test('without a process: what to do, and exit status 1', async (t) => {
  const stage = await createStage(t);
  const socket = `--admin-socket=${stage.adminSocket}`;
  for (const command of [['explain', 'default/web'], ['status'], ['top']]) {
    const { status, stderr } = await runProgram(stage.rig.node, [...command, socket]);
    t.equal(status, 1);
    t.match(stderr, /no kube-portal answers at/);
  }
});

t.test('on manifests alone: what would be done, and what can not be known', async (t) => {
  const stage = await createStage(t);
  await stage.manifests.write('all.json', faultyServices);
  const ask = async (...args: readonly string[]) => {
    const all = ['explain', ...args, `--manifests=${stage.manifests.path}`, '--json'];
    const { stdout, status } = await runProgram(stage.rig.node, all);
    return { status, explanation: JSON.parse(stdout) as Explanation };
  };
  const web = await ask('default/web');
  t.equal(web.status, 0);
  t.match(web.explanation.verdict.text, /would be served by 2 endpoints/);
  t.match(web.explanation.unknown[0], /no process is asked/);
  t.equal((await ask('default/loser')).explanation.verdict.code, 'clusterip-lost');
  t.equal((await ask('default/bare')).explanation.verdict.code, 'no-slices');
  t.equal((await ask('default/local')).explanation.verdict.code, 'endpoints-elsewhere');
  t.equal((await ask('default/local', '--hostname-override=another')).status, 0);
});

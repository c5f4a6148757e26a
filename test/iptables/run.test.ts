// How iptables' programs are started.
import t from 'tap';
import { createNamespace } from '../../lib/demo/namespaces.js';
import { isLockHeld } from '../../lib/iptables/errors.js';
import { iptablesRunner } from '../../lib/iptables/run.js';
import { type Exec, ExecError } from '../../lib/proxier/exec.js';
import { execInside, toolsOf, variants } from './inside.js';

function recording(stdout: string): { exec: Exec; runs: unknown[] } {
  const runs: unknown[] = [];
  const exec: Exec = async (file, args, options) => {
    runs.push([file, ...args, options?.input]);
    return { status: 0, stdout, stderr: '' };
  };
  return { exec, runs };
}

t.test('programs and their arguments', async (t) => {
  const { exec, runs } = recording('out');
  for (const tools of [toolsOf('nft'), toolsOf('legacy'), { variant: 'legacy', infix: '' }] as const) {
    const runner = iptablesRunner(exec, tools);
    t.equal(await runner.save('IPv6'), 'out');
    t.equal(await runner.restore('IPv4', 'text'), 'out');
  }
  t.same(runs, [
    ['ip6tables-nft-save', undefined],
    ['iptables-nft-restore', '--noflush', 'text'],
    ['ip6tables-legacy-save', undefined],
    ['iptables-legacy-restore', '-w', '5', '--noflush', 'text'],
    ['ip6tables-save', undefined],
    ['iptables-restore', '-w', '5', '--noflush', 'text'],
  ]);
});

t.test('a table with rules that only nft can show is an error, not an empty table', async (t) => {
  const { exec } = recording("# Table `nat' is incompatible, use 'nft' tool.\n");
  await t.rejects(iptablesRunner(exec, toolsOf('nft')).save('IPv4'), {
    name: 'IptablesError',
    message: 'iptables-nft-save: table nat holds rules that only nft can show (nft list table)',
  });
});

t.test('a program that is not there', async (t) => {
  const exec: Exec = () => Promise.reject(new ExecError('missing', 'run iptables-nft-save: ENOENT'));
  await t.rejects(iptablesRunner(exec, toolsOf('nft')).save('IPv4'), {
    name: 'IptablesError',
    trouble: 'missing-program',
  });
});

for (const variant of variants) {
  t.test(`${variant}: what the real program refuses is quoted`, async (t) => {
    const node = await createNamespace('node');
    t.teardown(() => node.close());
    const runner = iptablesRunner(execInside(node).exec, toolsOf(variant));
    await t.rejects(runner.restore('IPv4', '*nat\n:X - [0:0]\n-A X -d 10.1.0.x/32\nCOMMIT\n'), {
      name: 'IptablesError',
      trouble: 'rules',
      message: /the line is: -A X -d 10\.1\.0\.x\/32$/,
    });
    await t.rejects(runner.restore('IPv4', '*nat\n-A KUBE-PORTALS-GONE -j ACCEPT\nCOMMIT\n'), {
      name: 'IptablesError',
      trouble: 'rules',
    });
    t.equal(await runner.restore('IPv4', '*nat\n:X - [0:0]\nCOMMIT\n*nat\n-S X\nCOMMIT\n'), '-N X\n');
  });
}

t.test('legacy: somebody holds the lock for too long', { timeout: 30_000 }, async (t) => {
  const node = await createNamespace('node');
  t.teardown(() => node.close());
  const holder = node.spawn(['sh', '-c', 'exec flock "$XTABLES_LOCKFILE" sh -c "echo held; sleep 60"'], {
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  await new Promise((resolve) => holder.stdout?.once('data', resolve));
  const runner = iptablesRunner(execInside(node).exec, toolsOf('legacy'));
  const err = await runner.restore('IPv4', '*nat\nCOMMIT\n').catch((reason: unknown) => reason);
  t.ok(isLockHeld(err), String(err));
});

// Which iptables does this machine use?
import t from 'tap';
import { createNamespace } from '../../lib/demo/namespaces.js';
import type { IptablesVariant } from '../../lib/iptables/run.js';
import { chooseTools, installedTools } from '../../lib/iptables/variant.js';
import { type Exec, ExecError } from '../../lib/proxier/exec.js';
import { execInside, foreignRules, run } from './inside.js';

interface Machine {
  /** By program name, what `--version` prints. */
  readonly versions: Readonly<Record<string, string>>;
  /** By program name, what it prints as save; anything else prints nothing. */
  readonly saves?: Readonly<Record<string, string>>;
  readonly failing?: Readonly<Record<string, string>>;
}

const both = { 'iptables-nft': 'iptables v1.8.9 (nf_tables)', 'iptables-legacy': 'iptables v1.8.9 (legacy)' };

function machine({ versions, saves = {}, failing = {} }: Machine): Exec {
  return async (file, [arg]) => {
    if (arg === '--version') {
      const stdout = versions[file];
      if (stdout === undefined) throw new ExecError('missing', `run ${file}: ENOENT`);
      return { status: 0, stdout, stderr: '' };
    }
    const stderr = failing[file];
    if (stderr !== undefined) return { status: 4, stdout: '', stderr };
    return { status: 0, stdout: saves[file] ?? '', stderr: '' };
  };
}

const mangle = (chain: string) => `*mangle\n:${chain} - [0:0]\nCOMMIT\n`;
const rules = (count: number) =>
  `*filter\n:INPUT ACCEPT [0:0]\n${'-A INPUT -j ACCEPT\n'.repeat(count)}COMMIT\n`;
const ours = '*nat\n:KUBE-PORTALS-HOST - [0:0]\nCOMMIT\n';
const noNft = 'iptables-nft-save v1.8.9 (nf_tables): Failed to initialize nft: Protocol not supported';

const table: readonly [why: string, expected: IptablesVariant, machine: Omit<Machine, 'versions'>][] = [
  ['no rules at all', 'nft', {}],
  [
    'kubelet’s hint in nft',
    'nft',
    { saves: { 'iptables-nft-save': mangle('KUBE-IPTABLES-HINT'), 'iptables-legacy-save': rules(9) } },
  ],
  [
    'kubelet’s hint in legacy',
    'legacy',
    { saves: { 'iptables-legacy-save': mangle('KUBE-IPTABLES-HINT'), 'iptables-nft-save': rules(9) } },
  ],
  [
    'an older kubelet’s canary, in IPv6',
    'legacy',
    { saves: { 'ip6tables-legacy-save': mangle('KUBE-KUBELET-CANARY') } },
  ],
  [
    'our own rules before the hint',
    'legacy',
    { saves: { 'iptables-legacy-save': ours, 'iptables-nft-save': mangle('KUBE-IPTABLES-HINT') } },
  ],
  [
    'more rules in legacy',
    'legacy',
    { saves: { 'iptables-legacy-save': rules(3), 'iptables-nft-save': rules(2) } },
  ],
  ['as many in both', 'nft', { saves: { 'iptables-legacy-save': rules(2), 'iptables-nft-save': rules(2) } }],
  [
    'no nft in the kernel',
    'legacy',
    { failing: { 'iptables-nft-save': noNft, 'ip6tables-nft-save': noNft } },
  ],
  [
    'no IPv6 in the kernel',
    'nft',
    { failing: { 'ip6tables-nft-save': noNft, 'ip6tables-legacy-save': noNft } },
  ],
];

t.test('with both installed, the one in use', async (t) => {
  for (const [why, expected, rest] of table) {
    const tools = await chooseTools(machine({ versions: both, ...rest }), 'auto');
    t.same(tools, { variant: expected, infix: `-${expected}` }, why);
  }
});

t.test('what the user says goes', async (t) => {
  const exec = machine({ versions: both, saves: { 'iptables-nft-save': ours } });
  t.equal((await chooseTools(exec, 'legacy')).variant, 'legacy');
  const nftOnly = machine({ versions: { 'iptables-nft': both['iptables-nft'] } });
  await t.rejects(chooseTools(nftOnly, 'legacy'), {
    trouble: 'missing-program',
    message: /^iptables-legacy is not installed; .*apt-get install iptables/,
  });
});

t.test('only one program, without a suffix', async (t) => {
  const nft = machine({ versions: { iptables: 'iptables v1.8.10 (nf_tables)' } });
  t.same(await chooseTools(nft, 'auto'), { variant: 'nft', infix: '' });
  const old = machine({ versions: { iptables: 'iptables v1.6.1' } });
  t.same(await chooseTools(old, 'auto'), { variant: 'legacy', infix: '' });
});

t.test('no iptables at all', async (t) => {
  await t.rejects(chooseTools(machine({ versions: {} }), 'auto'), {
    trouble: 'missing-program',
    message: /^iptables is not installed; .*apt-get install iptables/,
  });
});

t.test('not root: that is the error, and not a guess', async (t) => {
  const stderr = 'Could not fetch rule set generation id: Permission denied (you must be root)';
  const exec = machine({ versions: both, failing: { 'iptables-nft-save': stderr } });
  await t.rejects(chooseTools(exec, 'auto'), { name: 'IptablesError', trouble: 'permission' });
  const legacyOnly = machine({ versions: both, failing: { 'iptables-legacy-save': stderr } });
  t.equal((await chooseTools(legacyOnly, 'auto')).variant, 'nft', 'closed to legacy alone');
});

t.test('the real programs, in a namespace: looking leaves no trace of legacy', async (t) => {
  const node = await createNamespace('node');
  t.teardown(() => node.close());
  const { exec } = execInside(node);
  t.same(
    (await installedTools(exec)).map(({ variant }) => variant),
    ['nft', 'legacy'],
  );
  t.equal((await chooseTools(exec, 'auto')).variant, 'nft');
  t.equal(await run(node, 'cat /proc/net/ip_tables_names'), '', 'no table came to be');
  await run(node, 'iptables-legacy-restore', foreignRules('IPv4'));
  t.equal((await chooseTools(exec, 'auto')).variant, 'legacy');
});

// stderr of many iptables, and what we make of it. The texts are what 1.6 to 1.8.9 print.
import t from 'tap';
import {
  errorFrom,
  errorFromExec,
  type IptablesTrouble,
  isLockHeld,
  isPermissionDenied,
  isUnsupported,
} from '../../lib/iptables/errors.js';
import { ExecError } from '../../lib/proxier/exec.js';

const table: readonly [trouble: IptablesTrouble, stderr: string][] = [
  ['lock-held', 'Another app is currently holding the xtables lock. Stopped waiting after 5s.\n'],
  ['permission', 'Could not fetch rule set generation id: Permission denied (you must be root)\n'],
  [
    'permission',
    "iptables v1.8.9: can't initialize iptables table `nat': Permission denied (you must be root)\n",
  ],
  ['permission', "Fatal: can't open lock file /run/xtables.lock: Permission denied\n"],
  [
    'kernel-support',
    "can't initialize ip6tables table `nat': Table does not exist (do you need to insmod?)\n",
  ],
  ['kernel-support', "can't initialize ip6tables table `filter': Address family not supported by protocol\n"],
  [
    'kernel-support',
    'iptables-nft-save v1.8.9 (nf_tables): Failed to initialize nft: Protocol not supported\n',
  ],
  ['kernel-support', "ip6tables-restore: unable to initialize table 'nat'\n\nError occurred at line: 1\n"],
  ['rules', 'iptables-nft-restore: line 2 failed: No chain/target/match by that name.\n'],
  ['rules', 'line 4: CHAIN_DEL failed (Device or resource busy): chain KUBE-PORTALS-X\n'],
  ['rules', "chain `KUBE-PORTALS-HOST' in table `nat' is incompatible, use 'nft' tool.\n"],
  ['other', 'Segmentation fault\n'],
  ['other', ''],
];

t.test('what went wrong', async (t) => {
  for (const [trouble, stderr] of table) {
    const error = errorFrom('iptables-restore', { status: 4, stdout: '', stderr }, '');
    t.equal(error.trouble, trouble, stderr);
    t.equal(isLockHeld(error), trouble === 'lock-held');
    t.equal(isPermissionDenied(error), trouble === 'permission');
    t.equal(isUnsupported(error), trouble === 'kernel-support');
  }
});

t.test('the message names the program, the reason and the line, without the chatter', async (t) => {
  const stderr = `# Warning: iptables-legacy tables present, use iptables-legacy to see them
iptables-restore v1.8.9 (legacy): host/network \`10.1.0.x' not found
Error occurred at line: 2
Try \`iptables-restore -h' or 'iptables-restore --help' for more information.
`;
  const error = errorFrom(
    'iptables-legacy-restore',
    { status: 2, stdout: '', stderr },
    '*nat\n-A X -d 10.1.0.x\n',
  );
  t.equal(
    error.message,
    "iptables-legacy-restore: iptables-restore v1.8.9 (legacy): host/network `10.1.0.x' not found; Error occurred at line: 2; the line is: -A X -d 10.1.0.x",
  );
  t.equal(errorFrom('x', { status: 9, stdout: '', stderr: '' }, '').message, 'x: exit status 9');
});

t.test('a lock file that can’t be opened: what to do', async (t) => {
  const stderr = "Fatal: can't open lock file /run/xtables.lock: Permission denied";
  t.match(errorFrom('x', { status: 4, stdout: '', stderr }, '').message, /set XTABLES_LOCKFILE/);
});

t.test('a program that can’t be run', async (t) => {
  const missing = errorFromExec('iptables', new ExecError('missing', 'run iptables: ENOENT'));
  t.ok(isUnsupported(missing));
  t.match(missing.message, /^iptables is not installed; .*apt-get install iptables/);
  const cause = new ExecError('timeout', 'run iptables: no end after 30000 ms');
  t.match(errorFromExec('iptables', cause), { trouble: 'other', message: /no end after/, cause });
  t.notOk(isUnsupported(new Error('Table does not exist')), 'an error of somebody else');
});

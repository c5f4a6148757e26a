// One family's belief about the kernel: when it is trusted, when it is dropped, and a family that does not work at all.
import t from 'tap';
import { RulesOfFamily } from '../../lib/iptables/family-rules.js';
import { iptablesRunner } from '../../lib/iptables/run.js';
import type { IpFamily } from '../../lib/model/ip.js';
import type { Exec, ExecResult } from '../../lib/proxier/exec.js';
import { type Log, silentLog } from '../../lib/proxier/log.js';
import { desire, portal } from '../states/example-portals.js';
import { chainsOf, stateText } from '../states/state.js';
import { toolsOf } from './inside.js';

const ok: ExecResult = { status: 0, stdout: '', stderr: '' };
const noFamily: ExecResult = {
  status: 3,
  stdout: '',
  stderr: "can't initialize ip6tables table `filter': Address family not supported by protocol",
};
const lockHeld: ExecResult = {
  status: 4,
  stdout: '',
  stderr: 'Another app is currently holding the xtables lock.',
};

interface Setting {
  readonly family: RulesOfFamily;
  readonly runs: string[];
  readonly warnings: unknown[];
  /** What the next runs answer. */
  answers: { save: ExecResult; restore: ExecResult };
}

function setUp(ipFamily: IpFamily): Setting {
  const runs: string[] = [];
  const warnings: unknown[] = [];
  const answers = { save: ok, restore: ok };
  const exec: Exec = async (file) => {
    const what = file.endsWith('-save') ? 'save' : 'restore';
    runs.push(what);
    return setting.answers[what];
  };
  const log: Log = { ...silentLog, warn: (...args: unknown[]) => void warnings.push(args) };
  const family = new RulesOfFamily(ipFamily, iptablesRunner(exec, toolsOf('legacy')), log);
  const setting: Setting = { family, runs, warnings, answers };
  return setting;
}

const desired = desire([portal('10.96.0.1', 80), portal('fd00::1', 80)]);
const chains = chainsOf(desired);

t.test('the first apply reads, the next does not', async (t) => {
  const { family, runs } = setUp('IPv4');
  await family.apply(chains, false);
  await family.apply(chainsOf(desire([])), false);
  t.same(runs, ['save', 'restore', 'restore']);
});

t.test('what standing() read is believed by apply()', async (t) => {
  const setting = setUp('IPv4');
  setting.answers.save = { ...ok, stdout: stateText(desired).replaceAll(/^-I/gm, '-A') };
  t.equal((await setting.family.standing()).length, 1);
  t.same(await setting.family.apply(chains, false), { rulesWritten: 0, rulesDeleted: 0 });
  t.same(setting.runs, ['save']);
  t.equal(setting.family.count('nat'), 6);
});

t.test('after a failed restore nothing is believed', async (t) => {
  const setting = setUp('IPv4');
  setting.answers.restore = lockHeld;
  await t.rejects(setting.family.apply(chains, false), { name: 'IptablesError', trouble: 'lock-held' });
  t.equal(setting.family.count('nat'), 0);
  setting.answers.restore = ok;
  await setting.family.apply(chains, false);
  t.same(setting.runs, ['save', 'restore', 'save', 'restore']);
});

t.test(
  'a look that had to wait for the lock too long says nothing; any other failure is a doubt',
  async (t) => {
    const setting = setUp('IPv4');
    t.equal(await setting.family.isInPlace(), true, 'nothing was applied yet');
    await setting.family.apply(chains, false);
    setting.answers.restore = lockHeld;
    t.equal(await setting.family.isInPlace(), true);
    setting.answers.restore = { ...ok, status: 1, stderr: 'iptables-restore: line 3 failed' };
    t.equal(await setting.family.isInPlace(), false);
  },
);

t.test('no IPv6 in the kernel: told once, left out, looked at again after forget()', async (t) => {
  const setting = setUp('IPv6');
  const { family, runs, warnings } = setting;
  const wanted = chainsOf(desired, 'IPv6');
  setting.answers.restore = noFamily;
  t.same(await family.apply(wanted, false), { rulesWritten: 0, rulesDeleted: 0 });
  t.same(await family.apply(wanted, false), { rulesWritten: 0, rulesDeleted: 0 });
  t.same(runs, ['save', 'restore']);
  family.forget();
  await family.apply(wanted, false);
  t.equal(warnings.length, 1);
  family.forget();
  setting.answers.save = noFamily;
  t.same(await family.standing(), []);
  t.equal(warnings.length, 1);
  family.forget();
  setting.answers = { save: ok, restore: ok };
  t.ok((await family.apply(wanted, false)).rulesWritten > 0, 'the module was loaded meanwhile');
});

t.test('no IPv4 in the kernel is a failure', async (t) => {
  const setting = setUp('IPv4');
  setting.answers.save = noFamily;
  await t.rejects(setting.family.apply(chains, false), { name: 'IptablesError', trouble: 'kernel-support' });
});

t.test('an unused family is read once, and not written', async (t) => {
  const { family, runs } = setUp('IPv6');
  const none = chainsOf(desire([]), 'IPv6');
  await family.apply(none, true);
  await family.apply(none, true);
  t.equal(await family.isInPlace(), true);
  t.same(runs, ['save']);
});

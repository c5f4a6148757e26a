// iptables/cleanup.ts: takes away what this program, an earlier run of it or kube-proxy's userspace mode left in the
// packet filter, in both variants and both families. Needs no proxier, and no knowledge of what should stand.
import { type IpFamily, ipFamilies } from '../model/ip.js';
import type { Exec } from '../proxier/exec.js';
import { cleanupText } from '../rules/restore-text.js';
import { parseSave } from '../rules/save-text.js';
import { howToInstall, IptablesError, isUnsupported } from './errors.js';
import { type IptablesTools, iptablesRunner } from './run.js';
import { installedTools } from './variant.js';

/**
 * True when something was there. Everything is tried; what failed is thrown at the end. Other people's rules stay,
 * except those that lead to a chain of ours (the jumps), as nothing could lead there any more.
 */
export async function cleanupRules(exec: Exec): Promise<boolean> {
  const installed = await installedTools(exec);
  if (installed.length === 0) {
    throw new IptablesError('missing-program', `iptables is not installed; ${howToInstall}`);
  }
  let found = false;
  const failures: unknown[] = [];
  // One after another: iptables-legacy has one lock for both families.
  for (const tools of installed) {
    for (const ipFamily of ipFamilies) {
      try {
        found = (await cleanupFamily(exec, tools, ipFamily)) || found;
      } catch (err) {
        if (!isUnsupported(err)) failures.push(err);
      }
    }
  }
  const [first] = failures;
  if (failures.length > 1) throw new AggregateError(failures, 'remove rules', { cause: first });
  if (first !== undefined) throw first;
  return found;
}

async function cleanupFamily(exec: Exec, tools: IptablesTools, ipFamily: IpFamily): Promise<boolean> {
  const runner = iptablesRunner(exec, tools);
  const text = cleanupText(parseSave(await runner.save(ipFamily)));
  if (text === '') return false;
  await runner.restore(ipFamily, text);
  return true;
}

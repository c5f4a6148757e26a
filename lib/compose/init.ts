// compose/init.ts: `--init-only`: what needs full privileges, so that a run can do with CAP_NET_ADMIN.
import type { InitOptions } from '../cli/options.js';
import { loadConntrackModule } from '../host/conntrack-module.js';
import { raiseConntrackSysctls, wantedSysctls } from '../host/conntrack-sysctls.js';
import { systemExec } from '../proxier/exec.js';
import { createLog } from './log.js';

/** Exit status: 1 when a setting could not be raised. */
export async function init(options: InitOptions): Promise<number> {
  const log = createLog(options);
  for (const { about, text } of options.notices) log.warn({ about }, text);
  if (wantedSysctls(options.conntrack, 1).size > 0) await loadConntrackModule(systemExec);
  const failed = await raiseConntrackSysctls(options.conntrack, { log });
  if (failed.length > 0) return 1;
  log.info({}, 'the host is set up');
  return 0;
}

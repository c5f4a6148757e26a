// compose/host-settings.ts: what `run` sets on the host besides rules, at the start and when the configuration changes: the
// OOM score of this process, and the kernel's limits of connection tracking. What fails is a warning.
import type { ConntrackOptions } from '../cli/config/config-options.js';
import type { RunOptions } from '../cli/options.js';
import { raiseConntrackSysctls } from '../host/conntrack-sysctls.js';
import { setOomScoreAdj } from '../host/oom-score.js';
import type { Log } from '../proxier/log.js';

export interface HostSettingsOptions {
  readonly log: Log;
  /** Only then are the conntrack settings there for certain: rules that use conntrack make the kernel load it. */
  readonly firstSync: Promise<void>;
  /** Where proc is mounted. @default '/proc' */
  readonly procRoot?: string;
}

/** Undefined: left alone. The same settings again are free. Never rejects. */
export type ApplyHostSettings = (settings: Pick<RunOptions, 'conntrack' | 'oomScoreAdj'>) => Promise<void>;

export function hostSettings({ log, firstSync, procRoot }: HostSettingsOptions): ApplyHostSettings {
  const parts = { log, ...(procRoot !== undefined && { procRoot }) };
  let wanted: ConntrackOptions | undefined;
  let scored: number | undefined;
  let raised: ConntrackOptions | undefined;
  let isSynced = false;

  async function raise(): Promise<void> {
    if (!isSynced || wanted === undefined || isSame(wanted, raised)) return;
    raised = wanted;
    await raiseConntrackSysctls(wanted, parts);
  }

  firstSync.then(() => {
    isSynced = true;
    return raise();
  });
  return async ({ conntrack, oomScoreAdj }) => {
    if (oomScoreAdj !== undefined && oomScoreAdj !== scored) {
      scored = oomScoreAdj;
      await setOomScoreAdj(oomScoreAdj, parts);
    }
    wanted = conntrack;
    await raise();
  };
}

function isSame(a: ConntrackOptions, b: ConntrackOptions | undefined): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

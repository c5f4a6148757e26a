// host/conntrack-module.ts: has the kernel load its connection tracking where that is a module which nothing has asked for
// so far: its settings are not there before. A run needs none of this, since its own rules ask for it.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Exec } from '../proxier/exec.js';

/** Never rejects: what could not be loaded is missed, and told, by whoever sets its settings. */
export async function loadConntrackModule(exec: Exec, procRoot = '/proc'): Promise<void> {
  if (existsSync(join(procRoot, 'sys/net/netfilter/nf_conntrack_max'))) return;
  await exec('modprobe', ['nf_conntrack']).catch(() => undefined);
}

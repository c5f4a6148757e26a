// compose/cleanup.ts: `kube-portal cleanup`: removes our chains and jumps, of both variants and families, nothing else.
import type { CleanupOptions } from '../cli/options.js';
import { cleanupRules } from '../iptables/cleanup.js';
import { systemExec } from '../proxier/exec.js';
import { createLog } from './log.js';

/** Exit status: 0 also when there was nothing to remove. */
export async function cleanup(options: CleanupOptions): Promise<number> {
  const log = createLog(options);
  try {
    const removed = await cleanupRules(systemExec);
    log.info({}, removed ? 'our rules are removed' : 'there were no rules of ours');
    return 0;
  } catch (err) {
    log.error({ err }, 'cleanup failed');
    return 1;
  }
}

// host/oom-score.ts: how gladly the kernel ends this process when memory runs out.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../proxier/log.js';

/** From -1000 (never) to 1000. Lowering takes CAP_SYS_RESOURCE; failure is a warning. Never rejects. */
export async function setOomScoreAdj(
  score: number,
  { log, procRoot = '/proc' }: { readonly log: Log; readonly procRoot?: string },
): Promise<void> {
  const path = join(procRoot, 'self/oom_score_adj');
  try {
    if (Number(await readFile(path, 'utf8')) === score) return;
    await writeFile(path, `${score}\n`, { flag: 'r+' });
  } catch (err) {
    log.warn({ oomScoreAdj: score, err }, 'the OOM score could not be set: it stays as it was');
  }
}

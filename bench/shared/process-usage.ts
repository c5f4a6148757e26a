// bench/shared/process-usage.ts: what /proc says that a process, with its children, has used and holds.
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** USER_HZ: fixed at 100 in what Linux shows to programs. */
const ticksPerSecond = 100;

/** `pid` and all below it: nginx works in children. */
export function processTree(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean);
  return [pid, ...children.flatMap((child) => processTree(Number(child)))];
}

/** User and system time so far, of all threads of `pids`. */
export function cpuSeconds(pids: readonly number[]): number {
  const ticks = pids.map((pid) => ticksIn(readFileSync(`/proc/${pid}/stat`, 'utf8')));
  return ticks.reduce((sum, one) => sum + one, 0) / ticksPerSecond;
}

/** Fields 14 and 15 of /proc/PID/stat. */
export function ticksIn(stat: string): number {
  // The second field is the program's name, in brackets, which may hold anything.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}

/** VmRSS of all of `pids`. */
export function residentKibibytes(pids: readonly number[]): number {
  const sizes = pids.map((pid) => {
    const size = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
    if (size === undefined) throw new Error(`/proc/${pid}/status shows no VmRSS`);
    return Number(size);
  });
  return sizes.reduce((sum, one) => sum + one, 0);
}

/** Open descriptors by kind: `socket`, `pipe`, `anon_inode:[eventpoll]`, `file`. */
export function descriptorKinds(pid: number): Readonly<Record<string, number>> {
  const kinds: Record<string, number> = {};
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    const kind = kindOf(`/proc/${pid}/fd/${fd}`);
    if (kind !== undefined) kinds[kind] = (kinds[kind] ?? 0) + 1;
  }
  return kinds;
}

/** Undefined: closed since the directory was read. */
function kindOf(path: string): string | undefined {
  try {
    const target = readlinkSync(path);
    if (target.startsWith('anon_inode:')) return target;
    return /^(\w+):\[/.exec(target)?.[1] ?? 'file';
  } catch {
    return undefined;
  }
}

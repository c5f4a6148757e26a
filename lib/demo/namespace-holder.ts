// demo/namespace-holder.ts: the process that keeps a network namespace in being. Nothing else refers to the
// namespace (no `ip netns` name), so it is gone when the holder is, and the holder goes when this process does.
import { type ChildProcess, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { withSystemFolders } from '../proxier/exec.js';

/** No namespace could be made or used; the message says what to do about it. */
export class NamespaceError extends Error {
  override readonly name = 'NamespaceError';
}

export interface Holder {
  readonly pid: number;
  /** True when the namespace belongs to a user namespace of ours, because we are not root. */
  readonly rootless: boolean;
  /** A lock file of its own: without it iptables-legacy wants /run/xtables.lock, which is root's and the machine's. */
  readonly lockFile: string;
  close(): Promise<void>;
}

/**
 * Says `ready`, then waits for the end of its stdin: a pipe that the kernel closes however our process ends. Then
 * whatever is still inside is killed, as a container's processes are; more than once, because they may fork meanwhile.
 * Ctrl-C reaches the whole foreground group, and the holder is to outlive what runs inside: hence the trap.
 */
const script = String.raw`trap '' INT HUP
ip link set dev lo up || exit 1
echo ready
read -r _
inode=$(readlink /proc/self/ns/net) # net:[4026531840]
inode=$(echo "$inode" | tr -dc 0-9)
for round in 1 2 3; do
  for entry in $(find /proc/[0-9]*/ns/net -lname "net:\[$inode\]" 2>/dev/null); do
    pid=$(echo "$entry" | cut -d/ -f3)
    [ "$pid" = $$ ] || kill -KILL "$pid" 2>/dev/null
  done
done
rm -f "$XTABLES_LOCKFILE"`;

/** Ours is the root of the machine, so no user namespace is needed (or wanted: it would own less). */
export function isRootless(): boolean {
  return process.getuid?.() !== 0;
}

/** @param userNamespaceOf pid of a holder whose user namespace is to own this one as well */
export async function startHolder(lockFile: string, userNamespaceOf: number | undefined): Promise<Holder> {
  const rootless = isRootless();
  const shell = ['sh', '-c', script];
  const argv = !rootless
    ? ['unshare', '--net', '--', ...shell]
    : userNamespaceOf === undefined
      ? // In two steps: files like /proc/net/ip_tables_names, which iptables-legacy-save reads, belong to the user who
        // is root in the user namespace when the network namespace is made, and before the mapping nobody is.
        ['unshare', '--user', '--map-root-user', '--', 'unshare', '--net', '--', ...shell]
      : [...enterUserNamespace(userNamespaceOf), '--', 'unshare', '--net', '--', ...shell];
  const child = spawn(argv[0] ?? '', argv.slice(1), {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: { ...process.env, PATH: withSystemFolders(process.env.PATH), XTABLES_LOCKFILE: lockFile },
  });
  child.stdin.on('error', () => {}); // EPIPE: the holder's exit status says why it ended
  await ready(child, rootless);
  // unshare and nsenter exec what they are given: the child's pid is the shell's.
  const pid = child.pid ?? 0;
  return { pid, rootless, lockFile, close: () => end(child) };
}

export function enterUserNamespace(pid: number): readonly string[] {
  return ['nsenter', '--target', String(pid), '--user', '--preserve-credentials'];
}

function ready(child: ChildProcess, rootless: boolean): Promise<void> {
  return new Promise((resolve, reject) => {
    let stderr = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr += chunk.toString();
    });
    const ended = (status: number | null) => {
      const what = `make a network namespace: ${stderr.trim() || `exit status ${status}`}`;
      explainRefusal(what, rootless).then((message) => reject(new NamespaceError(message)), reject);
    };
    child.once('close', ended);
    child.once('error', (cause) => {
      reject(new NamespaceError(`start ${child.spawnfile}: is util-linux installed?`, { cause }));
    });
    child.stdout?.once('data', () => {
      child.off('close', ended);
      resolve();
    });
  });
}

async function explainRefusal(what: string, rootless: boolean): Promise<string> {
  if (!rootless) return `${what} (in a container this needs the capability SYS_ADMIN: --privileged)`;
  const obstacles = await Promise.all([
    sysctlIs('kernel/unprivileged_userns_clone', '0', 'kernel.unprivileged_userns_clone=1'),
    sysctlIs(
      'kernel/apparmor_restrict_unprivileged_userns',
      '1',
      'kernel.apparmor_restrict_unprivileged_userns=0',
    ),
    sysctlIs('user/max_user_namespaces', '0', 'user.max_user_namespaces=15000'),
  ]);
  const cures = obstacles.filter((cure) => cure !== undefined).map((cure) => `sudo sysctl -w ${cure}`);
  const cure =
    cures.length > 0
      ? cures.join('; ')
      : 'see kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns';
  return `${what}. An ordinary user needs user namespaces: ${cure}; or run as root`;
}

async function sysctlIs(path: string, obstacle: string, cure: string): Promise<string | undefined> {
  try {
    return (await readFile(`/proc/sys/${path}`, 'utf8')).trim() === obstacle ? cure : undefined;
  } catch {
    return undefined; // this kernel has no such switch
  }
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.stdin?.end();
  });
}

// demo/namespaces.ts: network namespaces to play in, as root or as an ordinary user, without touching the machine's
// own network. Each namespace is in being as long as its holder process (namespace-holder.ts); veth pairs join them.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { IpFamily } from '../model/ip.js';
import { type ExecResult, systemExec, withSystemFolders } from '../proxier/exec.js';
import { type Log, silentLog } from '../proxier/log.js';
import { enterUserNamespace, type Holder, NamespaceError, startHolder } from './namespace-holder.js';

export interface Namespace {
  readonly name: string;
  /** Of the holder: `nsenter --target pid` enters. */
  readonly pid: number;
  /** What to type (or spawn) to run `argv` inside, from any shell of the same user. */
  command(argv: readonly string[]): readonly string[];
  /** Runs `argv` inside to its end. Rejects with ExecError when it can't be started or lasts too long. */
  run(
    argv: readonly string[],
    options?: { readonly input?: string; readonly timeoutMs?: number },
  ): Promise<ExecResult>;
  /**
   * Starts `argv` inside. The child is the program itself (its pid, its signals). It ends with close(), or when this
   * process does, however that comes.
   */
  spawn(argv: readonly string[], options?: SpawnOptions): ChildProcess;
  /** Ends what was spawned (SIGTERM, then SIGKILL after a second), all else inside, and the namespace. Idempotent. */
  close(): Promise<void>;
}

export interface NamespaceOptions {
  /**
   * Namespaces that are to be connected must be of one family: without root, veths move only between namespaces of
   * one user namespace. As root it means nothing.
   */
  readonly family?: Namespace;
  readonly log?: Log;
}

export async function createNamespace(name: string, options: NamespaceOptions = {}): Promise<Namespace> {
  const { family, log = silentLog } = options;
  const lockFile = join(tmpdir(), `kube-portal-xtables-${randomUUID()}.lock`);
  const holder = await startHolder(lockFile, family?.pid);
  log.debug({ namespace: name, pid: holder.pid, rootless: holder.rootless }, 'network namespace made');
  return new HeldNamespace(name, holder);
}

export interface LinkEnd {
  readonly namespace: Namespace;
  /** At most 15 characters. */
  readonly interface: string;
  /** With prefix length: `10.0.0.1/24`, `fd00::1/64`. Absent or empty: only up. */
  readonly addresses?: readonly string[];
  /** Absent: the kernel's choice. */
  readonly mac?: string;
}

/** A veth pair between two namespaces of one family, both ends up and with their addresses when it resolves. */
export async function connectNamespaces(a: LinkEnd, b: LinkEnd): Promise<void> {
  const pair = `link add name ${a.interface} type veth peer name ${b.interface} netns ${b.namespace.pid}`;
  await ip(a.namespace, [pair, ...setUp(a)]);
  await ip(b.namespace, setUp(b));
  await Promise.all([operational(a), operational(b)]);
}

/** The kernel's notice that a link works comes up to a second late, and IPv6 sends nothing before it. */
async function operational(end: LinkEnd): Promise<void> {
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    const shown = await end.namespace.run(['ip', '-brief', 'link', 'show', 'dev', end.interface, 'up']);
    if (/ UP /.test(shown.stdout)) return;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new NamespaceError(`link ${end.interface} in namespace ${end.namespace.name} is not up after 10 s`);
}

/**
 * Runs `ip` commands inside, in one process; fails with the first that fails.
 * @param family what `ip` can't tell from the command itself: the family of `rule`, or of a bare `default`
 */
export async function ip(
  namespace: Namespace,
  commands: readonly string[],
  family?: IpFamily,
): Promise<void> {
  const flags = family === undefined ? [] : [family === 'IPv6' ? '-6' : '-4'];
  const result = await namespace.run(['ip', ...flags, '-batch', '-'], { input: `${commands.join('\n')}\n` });
  if (result.status === 0) return;
  throw new NamespaceError(
    `ip in namespace ${namespace.name}: ${result.stderr.trim()}\n${commands.join('\n')}`,
  );
}

/** nodad: an IPv6 address would be tentative, and unusable, for a second or two. */
function setUp(end: LinkEnd): readonly string[] {
  return [
    ...(end.mac === undefined ? [] : [`link set dev ${end.interface} address ${end.mac}`]),
    ...(end.addresses ?? []).map(
      (address) => `address add ${address} dev ${end.interface}${address.includes(':') ? ' nodad' : ''}`,
    ),
    `link set dev ${end.interface} up`,
  ];
}

class HeldNamespace implements Namespace {
  readonly name: string;
  readonly #holder: Holder;
  readonly #children = new Set<ChildProcess>();
  #closed: Promise<void> | undefined;

  constructor(name: string, holder: Holder) {
    this.name = name;
    this.#holder = holder;
  }

  get pid(): number {
    return this.#holder.pid;
  }

  command(argv: readonly string[]): readonly string[] {
    const { pid, rootless } = this.#holder;
    const enter = rootless ? enterUserNamespace(pid) : ['nsenter', '--target', String(pid)];
    return [...enter, '--net', '--', ...argv];
  }

  run(argv: readonly string[], options: { input?: string; timeoutMs?: number } = {}): Promise<ExecResult> {
    const [file = '', ...args] = this.command(argv);
    return systemExec(file, args, { ...options, env: { XTABLES_LOCKFILE: this.#holder.lockFile } });
  }

  spawn(argv: readonly string[], options: SpawnOptions = {}): ChildProcess {
    if (this.#closed !== undefined) throw new NamespaceError(`namespace ${this.name} is closed`);
    const [file = '', ...args] = this.command(argv);
    const env = { ...process.env, ...options.env };
    const child = spawn(file, args, {
      ...options,
      env: { ...env, PATH: withSystemFolders(env.PATH), XTABLES_LOCKFILE: this.#holder.lockFile },
    });
    this.#children.add(child);
    const forget = () => this.#children.delete(child);
    child.once('exit', forget);
    child.once('error', forget);
    return child;
  }

  close(): Promise<void> {
    this.#closed ??= Promise.all([...this.#children].map(endChild)).then(() => this.#holder.close());
    return this.#closed;
  }
}

function endChild(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), 1000);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    child.kill('SIGTERM');
  });
}

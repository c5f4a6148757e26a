// test/support/usrsctp.ts: peers on usrsctp (usrsctp-peer.c), compiled for the test that needs them. A raw socket sees every
// SCTP packet of its namespace: one process with all its servers, or clients, in a namespace at a time.
import type { ChildProcess } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Namespace } from '../../lib/demo/namespaces.js';
import { systemExec } from '../../lib/proxier/exec.js';
import { eventually } from './eventually.js';
import type { WithTeardown } from './stage.js';

export interface ServerAddress {
  readonly name: string;
  readonly ip: string;
  readonly port: number;
}

/** What a server says of an association that has ended. */
export interface ServedAssociation {
  readonly name: string;
  readonly aborted: boolean;
  readonly messages: number;
  readonly bytes: number;
  /** From the first message to the last. */
  readonly seconds: number;
}

/** `clean`: usrsctp had nothing left to say when it was done. */
export interface EchoReport {
  readonly connected: boolean;
  /** Of the server; where `connected`. */
  readonly name?: string;
  /** Messages that came back as they were, stream, payload protocol identifier and order included; others. */
  readonly good?: number;
  readonly bad?: number;
  readonly clean?: boolean;
  /** Until it was connected, or not. */
  readonly seconds: number;
}

export interface ManyReport {
  readonly connected?: number;
  readonly refused?: number;
  readonly good: number;
  readonly bad?: number;
  readonly clean: boolean;
  readonly seconds: number;
  /** Of turns(): the one that took longest, in seconds. */
  readonly slowest?: number;
}

export interface BulkReport {
  readonly sent: number;
  readonly seconds: number;
  /** Of the client's process. */
  readonly cpuSeconds: number;
}

export interface Target {
  readonly ip: string;
  readonly port: number;
}

/** A client ends itself after 150 s. */
const clientTimeoutMs = 160_000;

/** @param source the program's source, where it is not this project's own root that the process runs in */
export async function compileUsrsctpPeer(source = 'test/support/usrsctp-peer.c'): Promise<UsrsctpPeer> {
  const folder = await mkdtemp(join(tmpdir(), 'kube-portal-usrsctp-'));
  const program = join(folder, 'usrsctp-peer');
  const argv = ['-O2', '-o', program, source, '-lusrsctp', '-lpthread'];
  const { status, stderr } = await systemExec('gcc', argv, { timeoutMs: 60_000 });
  if (status !== 0) {
    await rm(folder, { recursive: true, force: true });
    throw new Error(`gcc ${argv.join(' ')}: ${stderr}`);
  }
  return new UsrsctpPeer(folder, program);
}

/** For the time of a test. */
export async function usrsctpPeer(t: WithTeardown): Promise<UsrsctpPeer> {
  const peer = await compileUsrsctpPeer();
  t.teardown(() => peer.close());
  return peer;
}

export class UsrsctpPeer {
  readonly #folder: string;
  readonly #program: string;

  constructor(folder: string, program: string) {
    this.#folder = folder;
    this.#program = program;
  }

  /** Echo servers; `sinks`: servers that only count. They refuse what is for nobody. They end with the namespace. */
  async serve(
    namespace: Namespace,
    servers: readonly ServerAddress[],
    kind: 'echoes' | 'sinks' = 'echoes',
  ): Promise<UsrsctpServers> {
    const argv = servers.flatMap(({ name, ip, port }) => [name, ip, String(port)]);
    const child = namespace.spawn([this.#program, kind === 'echoes' ? 'serve' : 'sink', ...argv], {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, REFUSES: '1' },
    });
    const running = new UsrsctpServers(child);
    await eventually('the usrsctp servers listen', () => running.isReady);
    return running;
  }

  /** Messages of `sizes` bytes there and back, one after the other, each on the next of eight streams. */
  echo(
    namespace: Namespace,
    { ip, port }: Target,
    sizes: readonly number[],
    how: { readonly order?: 'ordered' | 'unordered'; readonly end?: 'shutdown' | 'abort' } = {},
  ): Promise<EchoReport> {
    const { order = 'ordered', end = 'shutdown' } = how;
    return this.#run(namespace, ['echo', ip, String(port), sizes.join(','), order, end]);
  }

  /** 200 messages in flight; those of a stream must come back in order. */
  pipeline(
    namespace: Namespace,
    { ip, port }: Target,
    messages: number,
    streams: number,
  ): Promise<ManyReport> {
    return this.#run(namespace, ['pipeline', ip, String(port), String(messages), String(streams)]);
  }

  /** All associations open at the same time, `messages` over each. */
  parallel(
    namespace: Namespace,
    { ip, port }: Target,
    associations: number,
    messages: number,
  ): Promise<ManyReport> {
    return this.#run(namespace, ['parallel', ip, String(port), String(associations), String(messages)]);
  }

  /** Each one connects, has one echo and shuts down before the next one starts. */
  turns(namespace: Namespace, { ip, port }: Target, associations: number): Promise<ManyReport> {
    return this.#run(namespace, ['turns', ip, String(port), String(associations)]);
  }

  /** Messages of `bytes` in one direction, as many as there is room for. */
  bulk(namespace: Namespace, { ip, port }: Target, seconds: number, bytes: number): Promise<BulkReport> {
    return this.#run(namespace, ['bulk', ip, String(port), String(seconds), String(bytes)]);
  }

  async #run<Report>(namespace: Namespace, argv: readonly string[]): Promise<Report> {
    const { status, stdout, stderr } = await namespace.run([this.#program, ...argv], {
      timeoutMs: clientTimeoutMs,
    });
    if (status !== 0) throw new Error(`usrsctp-peer ${argv.join(' ')}: status ${status}, ${stderr}`);
    return JSON.parse(stdout) as Report;
  }

  close(): Promise<void> {
    return rm(this.#folder, { recursive: true, force: true });
  }
}

export class UsrsctpServers {
  isReady = false;
  readonly #served: ServedAssociation[] = [];
  readonly #child: ChildProcess;

  constructor(child: ChildProcess) {
    this.#child = child;
    if (child.stdout === null) throw new Error('the servers have no output');
    createInterface({ input: child.stdout }).on('line', (line) => {
      if (line === 'ready') this.isReady = true;
      else this.#served.push(JSON.parse(line) as ServedAssociation);
    });
  }

  /** Associations that have ended, in that order. */
  served(): readonly ServedAssociation[] {
    return this.#served;
  }

  /** As a crash: usrsctp says nothing to anybody. */
  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.#child.once('exit', resolve));
    this.#child.kill('SIGKILL');
    await ended;
  }
}

// bench/data-plane/rig.ts: one network namespace in which the endpoints, the load and everything that is compared run
// side by side, so that all of them meet the same machine at the same time.
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createNamespace, type Namespace } from '../../lib/demo/namespaces.js';
import { processTree } from '../shared/process-usage.js';
import { type Program, programOf } from '../shared/program.js';
import type { LoadCommand } from './load-program.js';
import { createSctpBench, type SctpBench } from './sctp.js';
import { haproxyConfig, nginxHttpConfig, nginxStreamConfig } from './server-config.js';
import { type Ports, type Target, targetsOn } from './targets.js';
import { wrkScriptText } from './tool-output.js';

export interface RunningTarget {
  readonly target: Target;
  readonly ports: Ports;
  /** None for `direct`. */
  readonly pids: readonly number[];
  stop(): Promise<void>;
}

export interface Rig {
  readonly namespace: Namespace;
  readonly load: Program<LoadCommand>;
  readonly targets: readonly RunningTarget[];
  /** A file, for `wrk --script`. */
  readonly wrkScript: string;
  /** A second instance that has done nothing yet. */
  startFresh(target: Target): Promise<RunningTarget>;
  /** Made when it is first asked for. */
  sctp(): Promise<SctpBench>;
  close(): Promise<void>;
}

const streamModule = '/usr/lib/nginx/modules/ngx_stream_module.so';

export async function createRig(): Promise<Rig> {
  const folder = await mkdtemp(join(tmpdir(), 'kube-portal-bench-'));
  const namespace = await createNamespace('bench');
  let sctp: Promise<SctpBench> | undefined;
  const close = async (): Promise<void> => {
    await Promise.all([namespace.close(), sctp?.then((made) => made.close())]);
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const filled = await fill(namespace, folder);
    return {
      ...filled,
      sctp: () => {
        sctp ??= createSctpBench();
        return sctp;
      },
      close,
    };
  } catch (err) {
    await close();
    throw err;
  }
}

async function fill(namespace: Namespace, folder: string): Promise<Omit<Rig, 'close' | 'sctp'>> {
  // Ports below are the benchmark's own; many short connections need all the others.
  await mustRun(namespace, ['sysctl', '-qw', 'net.ipv4.ip_local_port_range=10000 65535']);
  const load = programOf<LoadCommand>(
    namespace.spawn([process.execPath, programFile('load-program')], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    }),
    'the load program',
  );
  const [direct, ...proxies] = targetsOn(cpus().length);
  if (direct === undefined) throw new Error('there is nothing to compare');
  const starter = new Starter(namespace, folder, load, direct.ports);
  await starter.endpoints();
  const targets: RunningTarget[] = [{ target: direct, ports: direct.ports, pids: [], stop: async () => {} }];
  for (const target of proxies) targets.push(await starter.target(target, target.ports));
  const wrkScript = join(folder, 'wrk.lua');
  await writeFile(wrkScript, wrkScriptText);
  const startFresh = (target: Target) => starter.target(target, target.freshPorts);
  return { namespace, load, targets, wrkScript, startFresh };
}

class Starter {
  readonly #namespace: Namespace;
  readonly #folder: string;
  readonly #load: Program<LoadCommand>;
  readonly #endpoints: Ports;

  constructor(namespace: Namespace, folder: string, load: Program<LoadCommand>, endpoints: Ports) {
    this.#namespace = namespace;
    this.#folder = folder;
    this.#load = load;
    this.#endpoints = endpoints;
  }

  async endpoints(): Promise<void> {
    const { http, bulk, echo, udp } = this.#endpoints;
    const config = await this.#write('http', (folder) => nginxHttpConfig(folder, http));
    this.#spawn(['nginx', '-c', config, '-e', 'stderr']);
    this.#spawn(['iperf3', '--server', '--port', String(bulk)]);
    this.#spawn([process.execPath, programFile('tcp-echo-program'), String(echo)]);
    this.#spawn([process.execPath, programFile('udp-echo-program'), String(udp)]);
    for (const port of [http, echo]) await this.#load.ask({ command: 'await', port });
  }

  async target(target: Target, ports: Ports): Promise<RunningTarget> {
    const child = this.#spawn(await this.#argv(target, ports));
    // The last TCP port that each of them opens. Not that of iperf3, which would complain of a client without a test.
    await this.#load.ask({ command: 'await', port: ports.echo });
    return {
      target,
      ports,
      pids: processTree(child.pid ?? 0),
      stop: () =>
        new Promise((resolve) => {
          child.once('exit', () => resolve());
          child.kill('SIGTERM');
        }),
    };
  }

  async #argv({ name }: Target, ports: Ports): Promise<readonly string[]> {
    switch (name) {
      case 'linux':
      case 'node':
        return [process.execPath, programFile('plane-program'), name, ...this.#planeListeners(ports)];
      case 'haproxy-1':
      case 'haproxy-n': {
        const threads = name === 'haproxy-1' ? 1 : cpus().length;
        const text = haproxyConfig(threads, ports, this.#endpoints);
        return ['haproxy', '-db', '-q', '-f', await this.#write(`${name}-${ports.http}`, () => text)];
      }
      case 'nginx': {
        const module = existsSync(streamModule) ? streamModule : undefined;
        const config = await this.#write(`nginx-${ports.http}`, (folder) =>
          nginxStreamConfig(folder, module, ports, this.#endpoints),
        );
        return ['nginx', '-c', config, '-e', 'stderr'];
      }
      case 'direct':
        throw new Error('the endpoints themselves are started by endpoints()');
    }
  }

  #planeListeners(ports: Ports): readonly string[] {
    return (['http', 'bulk', 'echo', 'udp'] as const).flatMap((name) => [
      name === 'udp' ? 'UDP' : 'TCP',
      String(ports[name]),
      String(this.#endpoints[name]),
    ]);
  }

  async #write(name: string, text: (folder: string) => string): Promise<string> {
    const folder = join(this.#folder, name);
    await mkdir(folder, { recursive: true });
    const file = join(folder, 'config');
    await writeFile(file, text(folder));
    return file;
  }

  #spawn(argv: readonly string[]): ChildProcess {
    return this.#namespace.spawn(argv, { stdio: ['ignore', 'ignore', 'inherit'] });
  }
}

function programFile(name: string): string {
  return fileURLToPath(new URL(`./${name}.js`, import.meta.url));
}

async function mustRun(namespace: Namespace, argv: readonly string[]): Promise<void> {
  const { status, stderr } = await namespace.run(argv);
  if (status !== 0) throw new Error(`${argv.join(' ')}: ${stderr.trim()}`);
}

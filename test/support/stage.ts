// test/support/stage.ts: all that a test of the whole program needs: a rig with a peer in each of its namespaces, a
// folder of manifests, and the program started on it. One per test; it goes with the test.
import type { IptablesVariant } from '../../lib/iptables/run.js';
import type { IpFamily } from '../../lib/model/ip.js';
import { createManifestFolder, type ManifestFolder } from './manifest-folder.js';
import { type EchoServer, type Peer, startPeer } from './peer-client.js';
import { type Program, type ProgramOptions, startProgram } from './portal.js';
import { addresses, createRig, type Rig, type RigOptions } from './rig.js';

/** Tests of what depends on the data plane run with each. */
export const dataPlanes = ['linux', 'node'] as const;
export type DataPlaneKind = (typeof dataPlanes)[number];

export interface StageOptions extends RigOptions {
  /** @default nft */
  readonly variant?: IptablesVariant;
  /** @default the program's own: linux, where it works */
  readonly dataPlane?: DataPlaneKind | undefined;
}

export interface Stage {
  readonly variant: IptablesVariant;
  readonly rig: Rig;
  readonly manifests: ManifestFolder;
  /** Of the program that start() starts. */
  readonly adminSocket: string;
  /** In the node's own namespace. */
  readonly host: Peer;
  readonly pods: Peer;
  readonly outside: Peer;
  /** `run --manifests` on the folder; more flags may follow. */
  start(flags?: readonly string[], options?: ProgramOptions): Program;
  /** start(), and the first sync is done. */
  serve(flags?: readonly string[], options?: ProgramOptions): Promise<Program>;
  /** `iptables-save` of a family, dates and counters left out. */
  saved(ipFamily?: IpFamily): Promise<string>;
  /** Runs in the node; rejects unless its exit status is 0. Resolves with stdout. */
  run(command: string, input?: string): Promise<string>;
}

/** What tap's `t` has. */
export interface WithTeardown {
  teardown(act: () => void | Promise<void>): void;
}

export async function createStage(t: WithTeardown, options: StageOptions = {}): Promise<Stage> {
  const { variant = 'nft', dataPlane = 'auto' } = options;
  const manifests = await createManifestFolder();
  t.teardown(() => manifests.close());
  const rig = await createRig(options);
  // Ends the peers and the program too.
  t.teardown(() => rig.close());
  const [host, pods, outside] = await Promise.all([
    startPeer(rig.node),
    startPeer(rig.pods),
    startPeer(rig.outside),
  ]);
  const adminSocket = `${manifests.path}.sock`;
  const start: Stage['start'] = (flags = [], programOptions) =>
    startProgram(
      rig.node,
      [
        'run',
        `--manifests=${manifests.path}`,
        `--iptables-variant=${variant}`,
        `--data-plane=${dataPlane}`,
        `--admin-socket=${adminSocket}`,
        '--v=2',
        ...flags,
      ],
      programOptions,
    );
  const run = async (command: string, input?: string): Promise<string> => {
    const result = await rig.node.run(command.split(' '), input === undefined ? {} : { input });
    if (result.status !== 0) throw new Error(`${command}: ${result.stderr}`);
    return result.stdout;
  };
  return {
    variant,
    rig,
    manifests,
    adminSocket,
    host,
    pods,
    outside,
    start,
    serve: (flags, programOptions) => start(flags, programOptions).forwarding(),
    run,
    saved: async (ipFamily = 'IPv4') => {
      const text = await run(`${ipFamily === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant}-save`);
      return text.replaceAll(/^#.*\n/gm, '').replaceAll(/\[\d+:\d+\]/g, '[0:0]');
    },
  };
}

/** Echo servers for both protocols on the pods' addresses, named `name`1, `name`2, `name`3. */
export async function serveOnPods(
  { pods }: Pick<Stage, 'pods'>,
  name: string,
  options: { readonly ipFamily?: IpFamily; readonly port?: number; readonly count?: number } = {},
): Promise<readonly EchoServer[]> {
  const { ipFamily = 'IPv4', port = 8080, count = 3 } = options;
  const servers = addresses[ipFamily].pods
    .slice(0, count)
    .flatMap((address, at) => [
      pods.tcpEcho(address, port, `${name}${at + 1}`),
      pods.udpEcho(address, port, `${name}${at + 1}`),
    ]);
  return Promise.all(servers);
}

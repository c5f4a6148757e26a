// demo/open-theatre.ts: makes the real theatre: namespaces, servers, manifests and the proxy, in that order, and takes
// all of it away again.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Clock } from '../proxier/clock.js';
import type { Exec } from '../proxier/exec.js';
import type { Log } from '../proxier/log.js';
import { createEndpoints } from './endpoints.js';
import type { ParseFlow } from './evidence.js';
import { copyManifests } from './manifests.js';
import { createProxyProcess } from './proxy-process.js';
import { parseReplies } from './reply.js';
import { clusterCidr, shownServices, signal } from './services.js';
import { createStage, type Stage, succeed } from './stage.js';
import { createTheatre, type FirewallPrograms, type Theatre } from './theatre.js';
import { writeStandIns } from './withheld-rules.js';

export interface OpenTheatre {
  readonly theatre: Theatre;
  readonly stage: Stage;
  close(): Promise<void>;
}

export interface TheatreOptions {
  /** The built main.js. */
  readonly program: string;
  /** The folder of the manifests. */
  readonly examples: string;
  /** Which iptables programs the proxy uses in that node. */
  readonly chooseFirewall: (execInNode: Exec) => Promise<FirewallPrograms & { readonly variant: string }>;
  readonly parseFlow: ParseFlow;
  /** Programs that speak SCTP: an endpoint (see endpoints.ts), and a client that is used as ask.ts is. */
  readonly sctpPrograms: { readonly echo: string; readonly ask: string };
  /** `--break rules` */
  readonly withholdRules: boolean;
  /** The proxy's own --data-plane. */
  readonly dataPlane: string;
  /** The proxy's own -v; at least 2, for the scenes read its log. */
  readonly verbosity: number;
  readonly clock: Clock;
  readonly log: Log;
}

const askProgram = fileURLToPath(new URL('./ask.js', import.meta.url));
const neededPrograms = ['conntrack', 'ss'];

/** Nothing is left behind when it rejects. The proxy is not started yet. */
export async function openTheatre(options: TheatreOptions): Promise<OpenTheatre> {
  const stage = await createStage(options.log);
  let directory: string | undefined;
  const close = async (): Promise<void> => {
    await stage.close();
    if (directory !== undefined) await rm(directory, { recursive: true, force: true });
  };
  try {
    directory = await mkdtemp(join(tmpdir(), 'kube-portal-demo-'));
    return { theatre: await equip(stage, directory, options), stage, close };
  } catch (err) {
    await close();
    throw err;
  }
}

async function equip(stage: Stage, directory: string, options: TheatreOptions): Promise<Theatre> {
  const { clock, parseFlow, log } = options;
  await checkPrograms(stage);
  const [firewall, manifests] = await Promise.all([
    options.chooseFirewall((file, args, execOptions) => stage.node.run([file, ...args], execOptions)),
    copyManifests(options.examples, join(directory, 'manifests')),
  ]);
  const standIns = join(directory, 'bin');
  if (options.withholdRules) await writeStandIns(standIns);
  // Counts what no rule kept on the node. Nothing is forwarded there, so it is dropped in any case.
  await succeed(
    stage.gateway,
    `${firewall.list} -t raw -A PREROUTING -d ${clusterCidr} -m comment --comment "left the node" -j DROP`,
  );
  const endpoints = createEndpoints(stage.pods, clock, options.sctpPrograms.echo);
  const servers = shownServices.flatMap((service) => service.endpointIps.map((ip) => ({ service, ip })));
  const [sctpObstacle] = await Promise.all([
    obstacleOf(Promise.all(signal.endpointIps.map((ip) => endpoints.start(signal, ip)))),
    ...servers.map(({ service, ip }) => endpoints.start(service, ip)),
  ]);
  return createTheatre({
    shell: async (place, command) => (await stage[place].run(['sh', '-c', command])).stdout,
    async askUrls(place, urls) {
      const client = await stage[place].run([process.execPath, clientFor(urls, options), ...urls]);
      if (client.status === 0) return parseReplies(client.stdout);
      throw new Error(`ask ${urls.join(' ')}: ${client.stderr.trim()}`);
    },
    endpoints,
    manifests,
    proxy: createProxyProcess({
      node: stage.node,
      program: options.program,
      args: proxyArguments(manifests.directory, firewall.variant, options),
      ...(options.withholdRules ? { pathPrefix: standIns } : {}),
      clock,
      mirror: log,
    }),
    firewall,
    parseFlow,
    sctpObstacle,
    clock,
  });
}

/** What went wrong; undefined: nothing. A container's root, say, may have no CAP_NET_RAW. */
async function obstacleOf(starting: Promise<unknown>): Promise<string | undefined> {
  try {
    await starting;
    return undefined;
  } catch (err) {
    return err instanceof Error ? err.message : String(err);
  }
}

/** All URLs of one call are for one Service. */
function clientFor([first = '']: readonly string[], { sctpPrograms }: TheatreOptions): string {
  return first.startsWith('sctp:') ? sctpPrograms.ask : askProgram;
}

function proxyArguments(
  manifests: string,
  variant: string,
  { dataPlane, verbosity }: Pick<TheatreOptions, 'dataPlane' | 'verbosity'>,
): readonly string[] {
  return [
    '--manifests',
    manifests,
    '--healthz-bind-address=127.0.0.1:10256',
    '--metrics-bind-address=127.0.0.1:10249',
    `--iptables-variant=${variant}`,
    `--data-plane=${dataPlane}`,
    // The host's own may be another program's.
    `--admin-socket=${manifests}/../admin.sock`,
    '--logging-format=json',
    `-v=${Math.max(2, verbosity)}`,
  ];
}

async function checkPrograms({ node }: Stage): Promise<void> {
  const check = `for p in ${neededPrograms.join(' ')}; do command -v $p > /dev/null || echo $p; done`;
  const missing = (await succeed(node, check)).stdout.trim().split('\n').join(', ');
  if (missing !== '') {
    throw new Error(`not installed: ${missing} (Debian packages: conntrack, iproute2)`);
  }
}

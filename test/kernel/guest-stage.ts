// test/kernel/guest-stage.ts: what the tests in the guest play on: two Services over SCTP, kernel sockets as their endpoints
// and clients, and the program between them.
import { readFileSync } from 'node:fs';
import type { Test } from 'tap';
import type { Namespace } from '../../lib/demo/namespaces.js';
import type { IptablesVariant } from '../../lib/iptables/run.js';
import type { IpFamily } from '../../lib/model/ip.js';
import { service, slice } from '../support/objects.js';
import type { Program } from '../support/portal.js';
import { addresses } from '../support/rig.js';
import { createStage, type Stage } from '../support/stage.js';

const [, , kernelPeer = ''] = process.argv;
export const families = ['IPv4', 'IPv6'] as const;
export const clusterIPs = { IPv4: '10.96.0.30', IPv6: 'fd00:10:96::30' } as const;
/** Of the Service whose endpoint is the node itself. */
export const nodeClusterIPs = { IPv4: '10.96.0.31', IPv6: 'fd00:10:96::31' } as const;
const ports = [{ port: 9000, protocol: 'SCTP' }] as const;
const sizes = '1,1000,1448,65536,200000,1000000';

export function isLoaded(module: string): boolean {
  return new RegExp(`^${module} `, 'm').test(readFileSync('/proc/modules', 'utf8'));
}

function dualStack(name: string, ips: Readonly<Record<IpFamily, string>>) {
  return service(name, ips.IPv4, {
    ports,
    spec: { clusterIPs: [ips.IPv4, ips.IPv6], ipFamilies: families },
  });
}

function endpoints(name: string, addressType: IpFamily, ips: readonly string[], port: number) {
  return slice(name, ips, {
    addressType,
    sliceName: `${name}-${addressType}`,
    ports: [{ name: '', port, protocol: 'SCTP' }],
  });
}

export async function openStage(t: Test, variant: IptablesVariant): Promise<Stage> {
  const stage = await createStage(t, { variant });
  await stage.manifests.write('sctp.json', [
    dualStack('echo', clusterIPs),
    dualStack('host', nodeClusterIPs),
  ]);
  await placeEndpoints(stage, () => []);
  return stage;
}

/** `before`: what is asked before the one that serves. */
export async function placeEndpoints(
  stage: Stage,
  before: (family: IpFamily) => readonly string[],
): Promise<void> {
  await stage.manifests.write(
    'endpoints.json',
    families.flatMap((family) => [
      endpoints('echo', family, [...before(family), addresses[family].pods[0]], 7000),
      endpoints('host', family, [addresses[family].node.outside], 7001),
    ]),
  );
}

/** An emulated machine, on one that may be busy, is a hundred times slower. */
export function forward(stage: Stage): Promise<Program> {
  const program = stage.start();
  return program.logged(/"forwarding"/, 300_000).then(() => program);
}

export function serve({ rig }: Stage): void {
  for (const ipFamily of families) {
    const { node, pods } = addresses[ipFamily];
    for (const [namespace, ip, port] of [
      [rig.pods, pods[0], '7000'],
      [rig.node, node.outside, '7001'],
    ] as const)
      namespace.spawn([kernelPeer, 'serve', ip, port], { stdio: ['pipe', 'inherit', 'inherit'] });
  }
}

/** The rules that keep the kernel's answers back, with their counters; the empty text where there are none. */
export async function guardOf(stage: Stage, variant: IptablesVariant, ipFamily: IpFamily): Promise<string> {
  const name = `${ipFamily === 'IPv4' ? 'iptables' : 'ip6tables'}-${variant}`;
  const rules = await stage.run(`${name} -t filter -L -v -n -x`);
  return rules
    .split('\n')
    .filter((rule) => /DROP .*multiport sports/.test(rule))
    .join('\n');
}

/** What the client says: `ok`, and how many messages came back. */
export async function ask(
  from: Namespace,
  what: string,
  ip: string,
  ...how: readonly string[]
): Promise<string> {
  const argv = [kernelPeer, what, ip, '9000', ...how];
  return (await from.run(argv, { timeoutMs: 120_000 })).stdout.trim();
}

/** Messages from 1 B to 1 MB there and back; `ok 6`. */
export function echo(
  from: Namespace,
  ip: string,
  order: 'ordered' | 'unordered' = 'ordered',
  end: 'shutdown' | 'abort' = 'shutdown',
): Promise<string> {
  return ask(from, 'echo', ip, sizes, order, end);
}

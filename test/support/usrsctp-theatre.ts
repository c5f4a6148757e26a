// test/support/usrsctp-theatre.ts: usrsctp servers on a rig's pods behind a Service of both IP families.

import type { IptablesVariant } from '../../lib/iptables/run.js';
import type { IpFamily } from '../../lib/model/ip.js';
import { service, slice } from './objects.js';
import type { Program } from './portal.js';
import { addresses } from './rig.js';
import { createStage, type Stage, type WithTeardown } from './stage.js';
import { type Target, type UsrsctpPeer, type UsrsctpServers, usrsctpPeer } from './usrsctp.js';

export const families = ['IPv4', 'IPv6'] as const;

const clusterIPs = { IPv4: '10.96.0.30', IPv6: 'fd00:10:96::30' } as const;
const ports = [{ port: 9000, protocol: 'SCTP' }] as const;
const targets = [{ name: '', port: 7000, protocol: 'SCTP' }] as const;

/** Where clients address the Service. */
export function portalOf(ipFamily: IpFamily): Target {
  return { ip: clusterIPs[ipFamily], port: 9000 };
}

export interface Theatre {
  readonly stage: Stage;
  readonly peer: UsrsctpPeer;
  readonly servers: UsrsctpServers;
  readonly program: Program;
}

export interface TheatreOptions {
  readonly variant?: IptablesVariant;
  /** Where no server is, to be tried before those where one is. @default none */
  readonly before?: Readonly<Record<IpFamily, readonly string[]>>;
  readonly flags?: readonly string[];
}

/** The servers are named pod1 to pod3; IPv6 has one, podv6. The program forwards when it resolves. */
export async function openTheatre(t: WithTeardown, options: TheatreOptions = {}): Promise<Theatre> {
  const { variant = 'nft', before = { IPv4: [], IPv6: [] }, flags = [] } = options;
  const peer = await usrsctpPeer(t);
  const stage = await createStage(t, { variant });
  const ips = { IPv4: addresses.IPv4.pods, IPv6: [await ownIpv6(stage)] };
  const spec = { clusterIPs: [clusterIPs.IPv4, clusterIPs.IPv6], ipFamilies: families };
  await stage.manifests.write('sctp.json', [
    service('echo', clusterIPs.IPv4, { ports, spec }),
    ...families.map((addressType) =>
      slice('echo', [...before[addressType], ...ips[addressType]], {
        addressType,
        sliceName: `echo-${addressType}`,
        ports: targets,
      }),
    ),
  ]);
  const servers = await peer.serve(stage.rig.pods, [
    ...ips.IPv4.map((ip, at) => ({ name: `pod${at + 1}`, ip, port: 7000 })),
    ...ips.IPv6.map((ip) => ({ name: 'podv6', ip, port: 7000 })),
  ]);
  const program = await stage.serve(flags);
  return { stage, peer, servers, program };
}

/** usrsctp leaves it to the kernel which of a host's IPv6 addresses it sends from: only that one can serve. */
async function ownIpv6({ rig }: Stage): Promise<string> {
  const { stdout } = await rig.pods.run(['ip', '-6', 'route', 'get', addresses.IPv6.node.pods]);
  const source = / src (\S+)/.exec(stdout)?.[1];
  if (source === undefined) throw new Error(`no source address for IPv6: ${stdout}`);
  return source;
}

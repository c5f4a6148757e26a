// test/support/sctp-stage.ts: a stage with hands for SCTP in each of its namespaces, two endpoints, and Services that have one
// port number for three protocols.
import type { Test } from 'tap';
import type { IpFamily } from '../../lib/model/ip.js';
import { service, slice } from './objects.js';
import { addresses } from './rig.js';
import { type SctpConversation, SctpHand, type Target } from './sctp-hand.js';
import { createStage, type Stage, type StageOptions } from './stage.js';

export const ipFamilies = ['IPv4', 'IPv6'] as const;
export const clusterIPs = {
  IPv4: { web: '10.96.0.60', empty: '10.96.0.61', late: '10.96.0.62' },
  IPv6: { web: 'fd00:10:96::60', empty: 'fd00:10:96::61', late: 'fd00:10:96::62' },
} as const;
export type Name = keyof (typeof clusterIPs)['IPv4'];

/** One Service, one port number, three protocols. */
const ports = [
  { name: 'tcp', port: 80, protocol: 'TCP' },
  { name: 'udp', port: 80, protocol: 'UDP' },
  { name: 'sctp', port: 80, protocol: 'SCTP' },
] as const;
const targets = ports.map((port) => ({ ...port, port: 8080 }));

export interface SctpStage extends Stage {
  readonly hands: Readonly<Record<'pods' | 'outside' | 'host', SctpHand>>;
  /** A client that has not said a word yet. */
  client(from: From, ipFamily: IpFamily, to?: Target): Promise<SctpConversation>;
}

export type From = 'a pod' | 'the world outside' | 'the host';
export const froms: readonly From[] = ['a pod', 'the world outside', 'the host'];

/** Its endpoints are called `IPv4-pod1`, `IPv4-pod2`, `IPv6-pod1` … */
export async function createSctpStage(t: Test, options: StageOptions = {}): Promise<SctpStage> {
  const stage = await createStage(t, options);
  const { node, pods, outside } = stage.rig;
  const hands = { pods: new SctpHand(pods), outside: new SctpHand(outside), host: new SctpHand(node) };
  for (const ipFamily of ipFamilies) {
    for (const [at, address] of addresses[ipFamily].pods.slice(0, 2).entries())
      await hands.pods.serve(address, 8080, `${ipFamily}-pod${at + 1}`);
  }
  let lastPort = 5000;
  return {
    ...stage,
    hands,
    client(from, ipFamily, to = { ip: clusterIPs[ipFamily].web, port: 80 }) {
      const places = {
        'a pod': { hand: hands.pods, ip: addresses[ipFamily].pods[2] },
        'the world outside': { hand: hands.outside, ip: addresses[ipFamily].outside },
        'the host': { hand: hands.host, ip: addresses[ipFamily].node.outside },
      };
      const { hand, ip } = places[from];
      return hand.open(ip, ++lastPort, to);
    },
  };
}

export function writeServices(stage: Stage, names: readonly Name[]): Promise<void> {
  const { IPv4, IPv6 } = clusterIPs;
  const objects = names.map((name) =>
    service(name, IPv4[name], { ports, spec: { clusterIPs: [IPv4[name], IPv6[name]], ipFamilies } }),
  );
  return stage.manifests.write('services.json', objects);
}

/** Those of the pods `from` to `to` - 1. */
export function writeEndpoints(stage: Stage, name: Name, from: number, to: number): Promise<void> {
  const slices = ipFamilies.map((ipFamily) =>
    slice(name, addresses[ipFamily].pods.slice(from, to), {
      addressType: ipFamily,
      sliceName: `${name}-${ipFamily}`,
      ports: targets,
    }),
  );
  return stage.manifests.write(`slices-${name}.json`, slices);
}

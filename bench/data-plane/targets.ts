// bench/data-plane/targets.ts: PURE. Who does the work: what stands between the client and the endpoints, and on which
// ports. `direct` is the endpoints themselves.
import type { Work } from './works.js';

export type TargetName = 'direct' | 'linux' | 'node' | 'haproxy-1' | 'haproxy-n' | 'nginx';

/** The endpoints, each on a port of its own; a target has one port for each of them. */
export type Endpoint = 'http' | 'bulk' | 'echo' | 'udp';

export type Ports = Readonly<Record<Endpoint, number>>;

export interface Target {
  readonly name: TargetName;
  readonly title: string;
  readonly ports: Ports;
  /** Of the instance that is started anew to see the memory of idle connections. */
  readonly freshPorts: Ports;
}

function portsFrom(first: number): Ports {
  return { http: first, bulk: first + 1, echo: first + 2, udp: first + 3 };
}

function target(name: TargetName, title: string, first: number): Target {
  return { name, title, ports: portsFrom(first), freshPorts: portsFrom(first + 50) };
}

/** All below 10,000, where the namespace's ephemeral ports begin (rig.ts). */
export function targetsOn(cores: number): readonly Target[] {
  const targets = [
    target('direct', 'direct', 7000),
    target('linux', '`linux` data plane', 7100),
    target('node', '`node` data plane', 7200),
    target('haproxy-1', 'HAProxy, 1 thread', 7300),
    ...(cores > 1 ? [target('haproxy-n', `HAProxy, ${cores} threads`, 7400)] : []),
    target('nginx', 'nginx stream', 7500),
  ];
  return targets;
}

export function endpointOf(kind: Work['kind']): Endpoint {
  switch (kind) {
    case 'bulk':
      return 'bulk';
    case 'keep-alive':
    case 'connect':
      return 'http';
    case 'udp':
      return 'udp';
    case 'idle':
      return 'echo';
    case 'sctp':
      throw new Error('SCTP has namespaces of its own (sctp.ts)');
  }
}

/** SCTP's packets are the relay's, whatever the data plane. HAProxy has no UDP; without a proxy there is none whose memory could grow. */
export function canDo(name: TargetName, kind: Work['kind']): boolean {
  if (kind === 'sctp') return name === 'direct' || name === 'linux';
  if (kind === 'udp') return name !== 'haproxy-1' && name !== 'haproxy-n';
  return kind !== 'idle' || name !== 'direct';
}

// proxier/standing-ports.ts: the proxy ports of rules from before this program's start. The same ServicePort gets its
// ports again, so that no rule leads to a dead port for longer than we were away; nobody else gets one while it stands.
import type { PortalAddress } from '../model/portal-address.js';
import type { ServicePort } from '../model/service-port.js';
import type { Snapshot } from '../model/snapshot.js';
import type { TrafficScope } from '../model/traffic-scope.js';
import type { Log } from './log.js';
import { portalKey } from './plan.js';
import { type LocalPort, type PortPool, portPool } from './port-allocator.js';
import { wantedWays } from './roles.js';
import type { RuleApplier, StandingPortal } from './rule-applier.js';

export type PortOfScope = Readonly<Partial<Record<TrafficScope, number>>>;

const noPortals: readonly PortalAddress[] = [];

export class StandingPorts {
  readonly #portals: ReadonlyMap<string, StandingPortal>;
  /** All that rules lead to, by portKey(). */
  readonly #ports = new Map<string, LocalPort>();

  constructor(portals: readonly StandingPortal[]) {
    this.#portals = new Map(portals.map((portal) => [portalKey(portal), portal]));
    for (const { protocol, ipFamily, ways } of portals) {
      const pool = portPool(protocol, ipFamily);
      for (const { proxyPort: port } of ways) this.#ports.set(portKey(pool, port), { pool, port });
    }
  }

  get isEmpty(): boolean {
    return this.#portals.size === 0;
  }

  portals(): Iterable<StandingPortal> {
    return this.#portals.values();
  }

  /**
   * Rules do not say which scope they lead to, but who comes by them: where a portal's ways are those that it should have
   * now, they tell. The first portal that knows decides.
   */
  portsOf(servicePort: ServicePort, portals: readonly PortalAddress[]): PortOfScope {
    const ports: Partial<Record<TrafficScope, number>> = {};
    const { ipFamily, name } = servicePort;
    for (const { kind, ip, port } of portals) {
      const standing = this.#portals.get(portalKey({ ipFamily, ip, port, protocol: name.protocol }));
      const wanted = wantedWays(kind, servicePort);
      if (standing?.ways.length !== wanted.length) continue;
      for (const { from, scope } of wanted) {
        const proxyPort = standing.ways.find((way) => way.from === from)?.proxyPort;
        const isTaken = Object.values(ports).some((taken) => taken === proxyPort);
        if (proxyPort !== undefined && !isTaken) ports[scope] ??= proxyPort;
      }
    }
    return ports;
  }

  /**
   * Ports that rules lead to and that nobody gets again: a new listener there would answer clients of a portal that is
   * gone, or has changed, in another's name, until the rules are written.
   */
  portsOfNobody({ servicePorts, portals }: Pick<Snapshot, 'servicePorts' | 'portals'>): readonly LocalPort[] {
    const left = new Map(this.#ports);
    if (left.size === 0) return [];
    for (const servicePort of servicePorts.values()) {
      const pool = portPool(servicePort.name.protocol, servicePort.ipFamily);
      const ports = this.portsOf(servicePort, portals.get(servicePort.key) ?? noPortals);
      for (const port of Object.values(ports)) left.delete(portKey(pool, port));
    }
    return [...left.values()];
  }

  /** A rule leads to this very port. */
  leadTo(pool: PortPool, port: number): boolean {
    return this.#ports.has(portKey(pool, port));
  }
}

export async function readStandingPorts(rules: RuleApplier, log: Log): Promise<StandingPorts> {
  try {
    return new StandingPorts(await rules.standing());
  } catch (err) {
    // Not fatal: new ports are as good, and what is wrong with the packet filter shows when the rules are written.
    log.warn({ err }, 'the standing rules could not be read: proxy ports will be new ones');
    return new StandingPorts([]);
  }
}

function portKey(pool: PortPool, port: number): string {
  return `${pool} ${port}`;
}

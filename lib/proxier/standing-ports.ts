// proxier/standing-ports.ts: the proxy ports of rules from before this program's start. The same Service gets its port
// again, so that no rule leads to a dead port for longer than we were away; nobody else gets it while the rule stands.
import type { ServicePort } from '../model/service-port.js';
import type { Snapshot } from '../model/snapshot.js';
import type { LocalPort } from './listener-set.js';
import type { Log } from './log.js';
import { portalKey } from './plan.js';
import { portPool } from './port-allocator.js';
import type { RuleApplier, StandingPortal } from './rule-applier.js';

export class StandingPorts {
  readonly #portals: ReadonlyMap<string, StandingPortal>;

  constructor(portals: readonly StandingPortal[]) {
    this.#portals = new Map(portals.map((portal) => [portalKey(portal), portal]));
  }

  portals(): Iterable<StandingPortal> {
    return this.#portals.values();
  }

  portOf(servicePort: ServicePort): number | undefined {
    return this.#portals.get(standingKey(servicePort))?.proxyPort;
  }

  /**
   * Where the rules of portals that nobody has any more still lead: a new listener there would answer their clients in
   * another Service's name, until the rules are written.
   */
  portsOfGone(snapshot: Snapshot): readonly LocalPort[] {
    const gone = new Map(
      [...this.#portals].map(([key, { protocol, ipFamily, proxyPort }]) => [
        key,
        { pool: portPool(protocol, ipFamily), port: proxyPort },
      ]),
    );
    const claimed = new Set<string>();
    for (const servicePort of snapshot.servicePorts.values()) {
      const key = standingKey(servicePort);
      const port = gone.get(key);
      if (port === undefined) continue;
      claimed.add(`${port.pool} ${port.port}`);
      gone.delete(key);
    }
    return [...gone.values()].filter(({ pool, port }) => !claimed.has(`${pool} ${port}`));
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

function standingKey({ clusterIP, port, name }: ServicePort): string {
  return portalKey({ ip: clusterIP, port, protocol: name.protocol });
}

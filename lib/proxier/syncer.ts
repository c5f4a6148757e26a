// proxier/syncer.ts: one sync: from the model's snapshot to listeners, rules and conntrack, in an order in which each
// step is safe if the next one fails: open listeners, replace endpoints, rules, close listeners, conntrack.
import { type IpFamily, ipFamilies } from '../model/ip.js';
import type { ServicePort } from '../model/service-port.js';
import type { Snapshot } from '../model/snapshot.js';
import type { HostNetworkState } from './host-network.js';
import { ListenerSet, type OpenFailure, type OpenRequest } from './listener-set.js';
import type { ProxierOptions } from './options.js';
import { planRules, portalKey, type RulesPlan, staleUdp } from './plan.js';
import { portAllocator } from './port-allocator.js';
import { type CheckedEndpoints, checkEndpoints } from './refusals.js';
import type { ApplyReport, Portal } from './rule-applier.js';
import type { ServiceProblem } from './status.js';
import { type SteeringChooser, steeringChooser } from './steering.js';

export interface PassResult {
  /** The rules are as desired. False: what stood before stands in a family that failed. */
  readonly rulesInPlace: boolean;
  /** False: something, if only one Service's listener, wants another try. */
  readonly complete: boolean;
  readonly problems: readonly ServiceProblem[];
  readonly applied: ApplyReport;
  readonly conntrackDeleted: number;
}

type Parts = Pick<ProxierOptions, 'dataPlane' | 'rules' | 'conntrack' | 'clock' | 'log' | 'portRange'>;

const none: readonly never[] = [];

export class Syncer {
  readonly listeners: ListenerSet;
  readonly #parts: Parts;
  readonly #steering: SteeringChooser;
  /** Proxy ports of rules from before this program's start, by portal; used up by the first pass that reads them. */
  #standing: ReadonlyMap<string, number> | undefined;
  #checked: CheckedEndpoints | undefined;
  #plan: RulesPlan | undefined;
  /** Portals that the kernel has had, whose UDP entries are clean. */
  #clean: readonly Portal[] = none;
  #replyAddresses: Readonly<Record<IpFamily, readonly string[]>> = { IPv4: none, IPv6: none };

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#steering = steeringChooser(parts.clock);
    this.listeners = new ListenerSet(parts.dataPlane, portAllocator(parts.portRange));
  }

  async pass(snapshot: Snapshot, host: HostNetworkState): Promise<PassResult> {
    const standing = await this.#readStanding();
    const steering = this.#steering.choose(host);
    this.#chooseReplyAddresses(steering);

    const checked = checkEndpoints(snapshot, this.listeners.held, host.localAddresses, this.#checked);
    const failures = await this.listeners.open(this.#missing(snapshot, checked, standing));
    // Again, since a new proxy port may be what some endpoint of ours, so far harmless, is about to hit.
    this.#checked = checkEndpoints(snapshot, this.listeners.held, host.localAddresses, checked);
    for (const servicePort of snapshot.servicePorts.values()) {
      const endpoints = this.#checked.endpoints.get(servicePort.key) ?? none;
      this.listeners.update(servicePort, endpoints, this.#replyAddresses[servicePort.ipFamily]);
    }

    const live = [...this.listeners.held.values()].filter(({ servicePort }) =>
      snapshot.servicePorts.has(servicePort.key),
    );
    this.#plan = planRules(live, steering, this.#plan);
    const applied = await this.#parts.rules.apply(this.#plan.desired);
    const failed = new Set(applied.failures.map(({ ipFamily }) => ipFamily));
    await this.#closeGone(snapshot, failed);
    const conntrackDeleted = await this.#cleanConntrack(this.#plan.desired.portals, failed);
    return {
      rulesInPlace: failed.size === 0,
      complete: failures.length === 0 && failed.size === 0,
      problems: [
        ...snapshot.problems.map(({ object, field, message }) => ({
          subject: object,
          message: `${field}: ${message}`,
        })),
        ...this.#checked.problems,
        ...failures.map(describeFailure),
      ],
      applied,
      conntrackDeleted,
    };
  }

  /** The same proxy ports again after a restart: no standing rule may lead to a dead port for longer than we were away. */
  async #readStanding(): Promise<ReadonlyMap<string, number>> {
    if (this.#standing) return this.#standing;
    try {
      const portals = await this.#parts.rules.standing();
      this.#standing = new Map(portals.map((portal) => [portalKey(portal), portal.proxyPort]));
    } catch (err) {
      // Not fatal: new ports are as good, and apply() below reports what is wrong with the packet filter.
      this.#parts.log.warn({ err }, 'the standing rules could not be read: proxy ports will be new ones');
      this.#standing = new Map();
    }
    return this.#standing;
  }

  #missing(
    snapshot: Snapshot,
    checked: CheckedEndpoints,
    standing: ReadonlyMap<string, number>,
  ): readonly OpenRequest[] {
    const requests: OpenRequest[] = [];
    for (const servicePort of snapshot.servicePorts.values()) {
      if (this.listeners.held.has(servicePort.key)) continue;
      const config = {
        endpoints: checked.endpoints.get(servicePort.key) ?? none,
        replyAddresses: this.#replyAddresses[servicePort.ipFamily],
      };
      requests.push({ servicePort, config, preferredPort: standing.get(standingKey(servicePort)) });
    }
    return requests;
  }

  /** An interface has just been found without an address: whether it stays so is seen by looking again soon. */
  isSteeringUnsettled(host: HostNetworkState): boolean {
    const { desired } = this.#plan ?? {};
    return (
      desired !== undefined &&
      ipFamilies.some(
        (ipFamily) =>
          host.withoutAddress[ipFamily].length > 0 &&
          host.nodeAddress[ipFamily] !== undefined &&
          desired.steering[ipFamily].kind === 'redirect',
      )
    );
  }

  #chooseReplyAddresses(steering: ReturnType<SteeringChooser['choose']>): void {
    const of = (ipFamily: IpFamily): readonly string[] => {
      const { [ipFamily]: chosen } = steering;
      const before = this.#replyAddresses[ipFamily];
      if (chosen.kind === 'redirect') return none;
      return before[0] === chosen.to ? before : [chosen.to];
    };
    this.#replyAddresses = { IPv4: of('IPv4'), IPv6: of('IPv6') };
  }

  /** A listener that a rule of ours still leads to, because its family failed, is kept until the rule is gone. */
  async #closeGone(snapshot: Snapshot, failed: ReadonlySet<IpFamily>): Promise<void> {
    const gone: string[] = [];
    for (const [key, { servicePort }] of this.listeners.held) {
      if (!snapshot.servicePorts.has(key) && !failed.has(servicePort.ipFamily)) gone.push(key);
    }
    try {
      await this.listeners.close(gone);
    } catch (err) {
      this.#parts.log.error({ err }, 'a listener could not be closed cleanly');
    }
  }

  async #cleanConntrack(portals: readonly Portal[], failed: ReadonlySet<IpFamily>): Promise<number> {
    if (portals === this.#clean) return 0;
    const stale = staleUdp(this.#clean, portals).filter(({ ipFamily }) => !failed.has(ipFamily));
    try {
      const deleted = stale.length === 0 ? 0 : await this.#parts.conntrack.deleteStaleUdp(stale);
      this.#clean =
        failed.size === 0
          ? portals
          : [
              ...this.#clean.filter(({ ipFamily }) => failed.has(ipFamily)),
              ...portals.filter(({ ipFamily }) => !failed.has(ipFamily)),
            ];
      return deleted;
    } catch (err) {
      this.#parts.log.warn(
        { err },
        'stale UDP conntrack entries could not be deleted; tried again with the next sync',
      );
      return 0;
    }
  }
}

function standingKey({ clusterIP, port, name }: ServicePort): string {
  return portalKey({ ip: clusterIP, port, protocol: name.protocol });
}

function describeFailure({ servicePort, error }: OpenFailure): ServiceProblem {
  return { subject: servicePort.key, message: `not served: no listener: ${error.message}` };
}

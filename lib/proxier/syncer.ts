// proxier/syncer.ts: one sync: from the model's snapshot to listeners, rules and conntrack, in an order in which each
// step is safe if the next one fails: open listeners, replace endpoints, rules, close listeners, conntrack.
import { type IpFamily, ipFamilies } from '../model/ip.js';
import type { Snapshot } from '../model/snapshot.js';
import type { ListenError } from './data-plane.js';
import type { HostNetworkState } from './host-network.js';
import { ListenerSet, type OpenFailure, type OpenRequest } from './listener-set.js';
import type { ProxierOptions } from './options.js';
import { planRules, type RulesPlan } from './plan.js';
import { portAllocator } from './port-allocator.js';
import { type CheckedEndpoints, endpointChecker } from './refusals.js';
import type { ApplyReport } from './rule-applier.js';
import { SctpCleaner } from './sctp-cleaner.js';
import { readStandingPorts, type StandingPorts } from './standing-ports.js';
import type { ServiceProblem } from './status.js';
import { type SteeringChooser, steeringChooser } from './steering.js';
import { UdpCleaner } from './udp-cleaner.js';

export interface PassResult {
  /** The rules are as desired. False: in a family that failed, what stood before stands, table by table. */
  readonly rulesInPlace: boolean;
  /** False: something, if only one Service's listener, wants another try. */
  readonly complete: boolean;
  /** Listeners were closed: who found no port may find one now. */
  readonly portsFreed: boolean;
  readonly problems: readonly ServiceProblem[];
  readonly applied: ApplyReport;
  readonly conntrackDeleted: number;
}

type Parts = Pick<
  ProxierOptions,
  'dataPlane' | 'rules' | 'conntrack' | 'clock' | 'log' | 'portRange' | 'sctpRelay'
>;
type ReplyAddresses = Readonly<Record<IpFamily, readonly string[]>>;

const none: readonly never[] = [];

export class Syncer {
  readonly listeners: ListenerSet;
  readonly #parts: Parts;
  readonly #steering: SteeringChooser;
  readonly #checker = endpointChecker();
  readonly #udpCleaner: UdpCleaner;
  readonly #sctpCleaner: SctpCleaner;
  #standing: StandingPorts | undefined;
  /** Of those, some may still stand for portals that are gone. */
  #mayLeadAstray = true;
  #snapshot: Snapshot | undefined;
  #host: HostNetworkState | undefined;
  #plan: RulesPlan | undefined;
  #replyAddresses: ReplyAddresses = { IPv4: none, IPv6: none };

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#steering = steeringChooser(parts.clock);
    this.#udpCleaner = new UdpCleaner(parts.conntrack, parts.log);
    this.#sctpCleaner = new SctpCleaner(parts.conntrack, parts.log);
    this.listeners = new ListenerSet(
      parts.dataPlane,
      portAllocator(parts.portRange, parts.sctpRelay?.relayPorts),
    );
  }

  async pass(wanted: Snapshot, host: HostNetworkState): Promise<PassResult> {
    this.#snapshot = wanted;
    this.#host = host;
    const standing = await this.#readStanding();
    const steering = this.#steering.choose(host);
    this.#replyAddresses = replyAddresses(this.#replyAddresses, steering, host.localAddresses);

    const openFailures = await this.listeners.open(
      this.#missing(wanted, this.#check(wanted, host), standing),
      this.#mayLeadAstray ? standing.portsOfGone(wanted) : none,
    );
    // refresh() may have brought a newer one meanwhile; its new Services wait for the next pass.
    const snapshot = this.#snapshot;
    const usable = this.#updateListeners(snapshot, host);

    const live = [...this.listeners.held.values()].filter(({ servicePort }) =>
      snapshot.servicePorts.has(servicePort.key),
    );
    // The same object while it is wanted: by it, plans are compared.
    const sctpGuard = host.kernelSctp ? this.#parts.sctpRelay : undefined;
    this.#plan = planRules(live, steering, this.#plan, sctpGuard);
    const { desired } = this.#plan;
    const applied = await this.#parts.rules.apply(desired);
    const failed = new Set(applied.failures.map(({ ipFamily }) => ipFamily));
    if (failed.size === 0) this.#mayLeadAstray = false;
    const portsFreed = await this.#closeGone(snapshot, failed);
    const udpDeleted = await this.#udpCleaner.clean(desired.portals, failed, host.localAddresses);
    const sctpDeleted = await this.#sctpCleaner.clean(desired.portals, failed);
    return {
      rulesInPlace: failed.size === 0,
      complete:
        !openFailures.some(isWorthRetrying) &&
        failed.size === 0 &&
        udpDeleted !== undefined &&
        sctpDeleted !== undefined,
      portsFreed,
      problems: problemsOf(snapshot, usable, openFailures),
      applied,
      conntrackDeleted: (udpDeleted ?? 0) + (sctpDeleted ?? 0),
    };
  }

  /** Brings newer endpoints to the listeners that are open, while a pass waits for the packet filter. */
  refresh(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    if (this.#host !== undefined) this.#updateListeners(snapshot, this.#host);
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

  async #readStanding(): Promise<StandingPorts> {
    if (this.#standing === undefined) {
      this.#standing = await readStandingPorts(this.#parts.rules, this.#parts.log);
      this.#udpCleaner.inherit(this.#standing.portals());
    }
    return this.#standing;
  }

  #check(snapshot: Snapshot, host: HostNetworkState): CheckedEndpoints {
    return this.#checker.check(snapshot, this.listeners.held, host.localAddresses);
  }

  /** Checks anew, since a new proxy port may be what some endpoint of ours, so far harmless, is about to hit. */
  #updateListeners(snapshot: Snapshot, host: HostNetworkState): CheckedEndpoints {
    const usable = this.#check(snapshot, host);
    for (const servicePort of snapshot.servicePorts.values()) {
      const endpoints = usable.endpoints.get(servicePort.key) ?? none;
      this.listeners.update(servicePort, endpoints, this.#replyAddresses[servicePort.ipFamily]);
    }
    return usable;
  }

  #missing(snapshot: Snapshot, checked: CheckedEndpoints, standing: StandingPorts): readonly OpenRequest[] {
    const requests: OpenRequest[] = [];
    for (const servicePort of snapshot.servicePorts.values()) {
      if (this.listeners.held.has(servicePort.key)) continue;
      const config = {
        endpoints: checked.endpoints.get(servicePort.key) ?? none,
        replyAddresses: this.#replyAddresses[servicePort.ipFamily],
      };
      const preferredPort = this.#mayLeadAstray ? standing.portOf(servicePort) : undefined;
      requests.push({ servicePort, config, preferredPort });
    }
    return requests;
  }

  /** A listener that a rule of ours still leads to, because its family failed, is kept until the rule is gone. */
  async #closeGone(snapshot: Snapshot, failed: ReadonlySet<IpFamily>): Promise<boolean> {
    const gone: string[] = [];
    for (const [key, { servicePort }] of this.listeners.held) {
      if (!snapshot.servicePorts.has(key) && !failed.has(servicePort.ipFamily)) gone.push(key);
    }
    try {
      await this.listeners.close(gone);
    } catch (err) {
      this.#parts.log.error({ err }, 'a listener could not be closed cleanly');
    }
    return gone.length > 0;
  }
}

/**
 * The addresses that portals lead to by DNAT, now or until lately: clients whose flows were steered there go on being
 * answered from there for as long as the address is this host's. The same arrays while nothing changes.
 */
function replyAddresses(
  before: ReplyAddresses,
  steering: ReturnType<SteeringChooser['choose']>,
  localAddresses: ReadonlySet<string>,
): ReplyAddresses {
  const of = (ipFamily: IpFamily): readonly string[] => {
    const chosen = steering[ipFamily];
    const kept = before[ipFamily].filter((address) => localAddresses.has(address));
    const next = chosen.kind === 'dnat' && !kept.includes(chosen.to) ? [...kept, chosen.to] : kept;
    return next.join() === before[ipFamily].join() ? before[ipFamily] : next;
  };
  return { IPv4: of('IPv4'), IPv6: of('IPv6') };
}

function problemsOf(
  snapshot: Snapshot,
  usable: CheckedEndpoints,
  failures: readonly OpenFailure[],
): readonly ServiceProblem[] {
  return [
    ...snapshot.problems.map(({ object, field, message }) => ({
      subject: object,
      message: `${field}: ${message}`,
    })),
    ...usable.problems,
    ...failures.map(({ servicePort, error }) => ({
      subject: servicePort.key,
      message: `not served: no listener: ${openProblem(error)}`,
      notServed: {
        servicePortName: servicePort.name,
        ipFamily: servicePort.ipFamily,
        reason: error.reason,
      },
    })),
  ];
}

/** What the data plane can't do at all, it can't do the next time either. */
function isWorthRetrying({ error }: OpenFailure): boolean {
  return error.reason !== 'not-supported';
}

/** Without the port that was tried: it is another one each time, and the problem is the same. */
function openProblem(error: ListenError): string {
  return error.reason === 'no-descriptors' ? 'no descriptor is left (ulimit -n)' : error.message;
}

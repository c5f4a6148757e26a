// proxier/syncer.ts: one sync: from the model's snapshot to listeners, rules and conntrack, in an order in which each
// step is safe if the next one fails: open listeners, replace endpoints, rules, close listeners, conntrack.
import { type IpFamily, ipFamilies } from '../model/ip.js';
import type { TakenSnapshot } from '../model/model.js';
import type { Snapshot } from '../model/snapshot.js';
import { Claims } from './claims.js';
import type { HostNetworkState } from './host-network.js';
import { ListenerFeeder } from './listener-feeder.js';
import { ListenerSet, type OpenFailure } from './listener-set.js';
import { goneListeners, planOpening } from './opening.js';
import type { ProxierOptions } from './options.js';
import { isWorthRetrying, passProblems } from './pass-problems.js';
import { planRules, type RulesPlan } from './plan.js';
import { portAllocator } from './port-allocator.js';
import { type CheckedEndpoints, endpointChecker } from './refusals.js';
import { noReplyAddresses, replyAddresses } from './reply-addresses.js';
import { claimedPort } from './roles.js';
import type { ApplyReport } from './rule-applier.js';
import { type RuleSettingChooser, ruleSettingChooser } from './rule-setting.js';
import { SctpCleaner } from './sctp-cleaner.js';
import type { CurrentSettings, ProxierSettings } from './settings.js';
import { readStandingPorts, type StandingPorts } from './standing-ports.js';
import type { ServiceProblem } from './status.js';
import { UdpCleaner } from './udp-cleaner.js';

export interface PassResult {
  /** The rules are as desired. False: in a family that failed, what stood before stands, table by table. */
  readonly rulesInPlace: boolean;
  /** False: something, if only one Service's listener, wants another try. */
  readonly complete: boolean;
  /** Ports were freed, and somebody may want one of them: another pass can do now what this one could not. */
  readonly followUp: boolean;
  readonly problems: readonly ServiceProblem[];
  readonly applied: ApplyReport;
  readonly conntrackDeleted: number;
}

export type SyncerOptions = Omit<
  ProxierOptions,
  'source' | 'model' | 'host' | 'observer' | 'watchPeriodMs' | keyof ProxierSettings
>;

export class Syncer {
  readonly listeners: ListenerSet;
  readonly #options: SyncerOptions;
  readonly #settings: CurrentSettings;
  readonly #chooseSetting: RuleSettingChooser;
  readonly #checker = endpointChecker();
  readonly #claims: Claims;
  readonly #feeder: ListenerFeeder;
  readonly #udpCleaner: UdpCleaner;
  readonly #sctpCleaner: SctpCleaner;
  #standing: StandingPorts | undefined;
  /** Of those, some may still stand for portals that are gone. */
  #mayLeadAstray = false;
  #snapshot: Snapshot | undefined;
  #host: HostNetworkState | undefined;
  #checked: CheckedEndpoints = { endpoints: new Map(), problems: [] };
  /** All that these need was open and nothing else, when the last pass ended: the next one need not look for it. */
  #settled: Snapshot | undefined;
  #plan: RulesPlan | undefined;
  #replyAddresses = noReplyAddresses;

  constructor(options: SyncerOptions, settings: CurrentSettings) {
    const { clock, dataPlane, conntrack, log, portRange, sctpRelay } = options;
    this.#options = options;
    this.#settings = settings;
    this.#chooseSetting = ruleSettingChooser(options);
    this.#claims = new Claims(clock, () => settings().syncPeriodMs);
    this.#udpCleaner = new UdpCleaner(conntrack, log);
    this.#sctpCleaner = new SctpCleaner(conntrack, log);
    this.listeners = new ListenerSet(dataPlane, portAllocator(portRange, sctpRelay?.relayPorts));
    this.#feeder = new ListenerFeeder(this.listeners);
  }

  async pass(taken: Pick<TakenSnapshot, 'snapshot' | 'node'>, host: HostNetworkState): Promise<PassResult> {
    const { snapshot: wanted, node } = taken;
    const { rules } = this.#options;
    this.#snapshot = wanted;
    this.#host = host;
    await this.#readStanding();
    const setting = this.#chooseSetting(host, node, this.#settings());
    this.#replyAddresses = replyAddresses(this.#replyAddresses, setting.steering, host.localAddresses);

    const { failures, isWaiting } = await this.#openMissing(wanted, host);
    // refresh() may have brought a newer snapshot meanwhile: its endpoints are used. Its Services wait for the next pass,
    // since rules may only lead to listeners that are there.
    this.#updateListeners(this.#snapshot, host);
    const { servicePorts, portals } = wanted;
    const { held, version } = this.listeners;
    const { blocked } = this.#claims;
    const { nodeAddress } = host;
    const sources = { servicePorts, portals, held, version, blocked, setting, nodeAddress };
    this.#plan = planRules(sources, this.#plan);
    const { desired } = this.#plan;
    const applied = await rules.apply(desired);
    const failed = new Set(applied.failures.map(({ ipFamily }) => ipFamily));
    const portsFreed = await this.#closeGone(wanted, failed);
    const isLacking = isWaiting || failures.length > 0 || this.#claims.hasFailures;
    const followUp = this.#ledRight(failed.size === 0, portsFreed) && isLacking;
    this.#settled = isLacking || failed.size > 0 ? undefined : wanted;
    const udpDeleted = await this.#udpCleaner.clean(desired, failed, host.localAddresses);
    const sctpDeleted = await this.#sctpCleaner.clean(desired.portals, failed, host.localAddresses);
    const isClean = udpDeleted !== undefined && sctpDeleted !== undefined;
    return {
      rulesInPlace: failed.size === 0,
      complete: !failures.some(isWorthRetrying) && failed.size === 0 && isClean,
      followUp,
      problems: passProblems(this.#snapshot, this.#checked, failures, this.#claims),
      applied,
      conntrackDeleted: (udpDeleted ?? 0) + (sctpDeleted ?? 0),
    };
  }

  /** Brings newer endpoints to the listeners that are open, while a pass waits for the packet filter. */
  refresh(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    if (this.#host !== undefined) this.#updateListeners(snapshot, this.#host);
  }

  /** The rules as they were last asked for. */
  get plan(): RulesPlan | undefined {
    return this.#plan;
  }

  /** What listeners were last given. */
  get endpoints(): CheckedEndpoints['endpoints'] {
    return this.#checked.endpoints;
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

  async #readStanding(): Promise<void> {
    if (this.#standing !== undefined) return;
    const { rules, log } = this.#options;
    this.#standing = await readStandingPorts(rules, log);
    this.#mayLeadAstray = !this.#standing.isEmpty;
    this.#udpCleaner.inherit(this.#standing.portals());
  }

  async #openMissing(
    wanted: Snapshot,
    host: HostNetworkState,
  ): Promise<{ readonly failures: readonly OpenFailure[]; readonly isWaiting: boolean }> {
    if (this.#isSettled(wanted)) return { failures: [], isWaiting: false };
    const claims = this.#claims;
    claims.keepOnly((key) => {
      const servicePort = wanted.servicePorts.get(key);
      return (
        servicePort !== undefined && claimedPort(servicePort, wanted.portals.get(key) ?? []) !== undefined
      );
    });
    const { requests, reserved, isWaiting } = planOpening({
      snapshot: wanted,
      endpoints: this.#check(wanted, host).endpoints,
      listeners: this.listeners,
      claims,
      replyAddresses: this.#replyAddresses,
      standing: this.#mayLeadAstray ? this.#standing : undefined,
    });
    const failures = await this.listeners.open(requests, reserved);
    for (const { servicePort, role } of requests) if (role === 'nodePort') claims.over(servicePort.key);
    for (const { servicePort, role, error } of failures) {
      if (role !== 'nodePort' || servicePort.nodePort === undefined) continue;
      claims.failed(servicePort.key, servicePort.nodePort, error);
    }
    // What still has its listener on another port was to make room, and serves as before.
    const serves = ({ servicePort, role }: OpenFailure): boolean =>
      role !== 'nodePort' && this.listeners.held.get(servicePort.key)?.[role] !== undefined;
    return {
      failures: failures.filter((one) => !serves(one)),
      isWaiting: isWaiting || failures.some(serves),
    };
  }

  #check(snapshot: Snapshot, host: HostNetworkState): CheckedEndpoints {
    this.#checked = this.#checker.check(
      snapshot,
      this.listeners.all(),
      host.localAddresses,
      this.#claims.blocked,
    );
    return this.#checked;
  }

  /** Checks anew, since a new proxy port may be what some endpoint of ours, so far harmless, is about to hit. */
  #updateListeners(snapshot: Snapshot, host: HostNetworkState): void {
    const { endpoints } = this.#check(snapshot, host);
    this.#feeder.feed(snapshot.servicePorts, endpoints, this.#replyAddresses);
  }

  #isSettled({ servicePorts, portals }: Snapshot): boolean {
    return this.#settled?.servicePorts === servicePorts && this.#settled.portals === portals;
  }

  /** A listener that a rule of ours still leads to, because its family failed, is kept until the rule is gone. */
  async #closeGone(wanted: Snapshot, failed: ReadonlySet<IpFamily>): Promise<boolean> {
    if (this.#isSettled(wanted)) return false;
    const unneeded = [...goneListeners(this.listeners.held, wanted), ...this.listeners.replaced];
    const gone = unneeded.filter(({ servicePort }) => !failed.has(servicePort.ipFamily));
    try {
      await this.listeners.close(gone);
    } catch (err) {
      this.#options.log.error({ err }, 'a listener could not be closed cleanly');
    }
    return gone.length > 0;
  }

  /** True when there are ports that were not to be had before this pass. */
  #ledRight(rulesInPlace: boolean, portsFreed: boolean): boolean {
    const standingAreGone = rulesInPlace && this.#mayLeadAstray;
    if (standingAreGone) this.#mayLeadAstray = false;
    if (portsFreed) this.#claims.portsFreed();
    return standingAreGone || portsFreed;
  }
}

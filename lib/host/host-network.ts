// host/host-network.ts: this host's addresses, and the interfaces on which REDIRECT can't work. Looked at each second
// by way of what is cheap; the kernel is asked in full (by `ip`) only when that look shows a change, or now and then.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { canonicalIp, type IpFamily, ipFamilies } from '../model/ip.js';
import { type Clock, systemClock } from '../proxier/clock.js';
import { type Exec, isMissingProgram } from '../proxier/exec.js';
import type { HostNetwork, HostNetworkState } from '../proxier/host-network.js';
import type { Log } from '../proxier/log.js';
import { defaultSource, IpToolError, type Link, type LinkAddress, listLinks } from './links.js';

/** All but what has nothing to do with addresses. */
type Addresses = Omit<HostNetworkState, 'kernelSctp'>;

type Interfaces = () => Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

export interface HostNetworkOptions {
  readonly exec: Exec;
  readonly log: Log;
  /** @default systemClock */
  readonly clock?: Clock;
  /** Where proc is mounted. @default '/proc' */
  readonly procRoot?: string;
  /** Interfaces that are up and running, with their addresses. @default os.networkInterfaces */
  readonly interfaces?: Interfaces;
  /** What the main address of its family is taken to be while this host has it. Canonical. @default the host's choice */
  readonly nodeIp?: string | undefined;
}

/**
 * What the cheap look can't see (an interface that goes up without an address, one that joins a bridge, an address
 * on an interface without a carrier) is noticed this late. `ip` costs 3 ms.
 */
const askAgainMs = 10_000;

export function createHostNetwork(options: HostNetworkOptions): HostNetwork {
  return new KernelHostNetwork(options);
}

class KernelHostNetwork implements HostNetwork {
  readonly #exec: Exec;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #procRoot: string;
  readonly #interfaces: Interfaces;
  readonly #nodeIp: string | undefined;
  #isNodeIpMissed = false;
  #ipTool: 'untried' | 'works' | 'absent' = 'untried';
  #seen: { readonly look: string; readonly askedAtMs: number; readonly state: HostNetworkState } | undefined;

  constructor(options: HostNetworkOptions) {
    this.#exec = options.exec;
    this.#clock = options.clock ?? systemClock;
    this.#log = options.log;
    this.#procRoot = options.procRoot ?? '/proc';
    this.#interfaces = options.interfaces ?? networkInterfaces;
    this.#nodeIp = options.nodeIp;
  }

  async read(): Promise<HostNetworkState> {
    const interfaces = this.#interfaces();
    // Not /sys/class/net: that shows the namespace it was mounted in, which may be another one.
    const names = namesIn(await readFile(join(this.#procRoot, 'net/dev'), 'utf8'));
    const addresses = Object.entries(interfaces).map(([name, infos]) => [
      name,
      infos?.map((info) => info.address),
    ]);
    // Only looked for: opening a socket of SCTP to ask would load the module.
    const kernelSctp = existsSync(join(this.#procRoot, 'net/sctp'));
    const look = JSON.stringify([names, addresses, kernelSctp]);
    const now = this.#clock.monotonic();
    if (this.#seen?.look === look && now - this.#seen.askedAtMs < askAgainMs) return this.#seen.state;
    const asked = await this.#ask(names, interfaces);
    // Not known this time: the next look asks again.
    if (asked === undefined && this.#seen !== undefined) return this.#seen.state;
    const fresh = { ...(asked ?? (await assumedState(names, interfaces, this.#nodeIp))), kernelSctp };
    if (asked === undefined) return fresh;
    const state = this.#seen !== undefined && isSame(this.#seen.state, fresh) ? this.#seen.state : fresh;
    this.#seen = { look, askedAtMs: now, state };
    this.#lookForNodeIp(state);
    return state;
  }

  #lookForNodeIp({ localAddresses }: HostNetworkState): void {
    if (this.#nodeIp === undefined) return;
    const isMissed = !localAddresses.has(this.#nodeIp);
    if (isMissed && !this.#isNodeIpMissed) {
      this.#log.warn(
        { bindAddress: this.#nodeIp },
        'the bind address is no address of this host: its main one is taken in its place',
      );
    }
    this.#isNodeIpMissed = isMissed;
  }

  /** Undefined when `ip` failed in a way that may pass: what it said before is better than what can be told without it. */
  async #ask(names: readonly string[], interfaces: ReturnType<Interfaces>): Promise<Addresses | undefined> {
    if (this.#ipTool !== 'absent') {
      try {
        const source = (ipFamily: IpFamily) => defaultSource(this.#exec, ipFamily);
        const state = await stateOf(await listLinks(this.#exec), source, this.#nodeIp);
        this.#ipTool = 'works';
        return state;
      } catch (err) {
        const isForGood = isMissingProgram(err) || err instanceof IpToolError;
        if (this.#ipTool === 'works' || !isForGood) {
          this.#log.debug({ err }, 'interfaces could not be listed');
          return undefined;
        }
        this.#ipTool = 'absent';
        this.#log.warn(
          { err },
          'no usable ip tool (Debian package iproute2): an interface without an address is taken to be in use',
        );
      }
    }
    return assumedState(names, interfaces, this.#nodeIp);
  }
}

/** What can be told without `ip`. */
function assumedState(
  names: readonly string[],
  interfaces: ReturnType<Interfaces>,
  nodeIp: string | undefined,
): Promise<Addresses> {
  const links = names.map((name) => assumedLink(name, interfaces[name] ?? []));
  return stateOf(links, async () => undefined, nodeIp);
}

async function stateOf(
  links: readonly Link[],
  defaultSourceOf: (ipFamily: IpFamily) => Promise<string | undefined>,
  nodeIp: string | undefined,
): Promise<Addresses> {
  const nodeAddress: Partial<Record<IpFamily, string>> = {};
  // Also one on the loopback interface, where hosts that are reached over several links have theirs.
  const told = links
    .flatMap((link) => link.addresses)
    .find(({ ip, scope }) => ip === nodeIp && scope === 'global');
  for (const ipFamily of ipFamilies) {
    const address =
      told?.ipFamily === ipFamily ? told.ip : await nodeAddressOf(links, ipFamily, defaultSourceOf);
    if (address !== undefined) nodeAddress[ipFamily] = address;
  }
  return {
    localAddresses: new Set(links.flatMap((link) => link.addresses.map((address) => address.ip))),
    nodeAddress,
    withoutAddress: { IPv4: lacking(links, 'IPv4'), IPv6: lacking(links, 'IPv6') },
  };
}

/**
 * Any local address would do for DNAT. That of the default route is the one that people know this host by, and it
 * stays when the bridge of some container engine comes or goes. Without one: the first.
 */
async function nodeAddressOf(
  links: readonly Link[],
  ipFamily: IpFamily,
  defaultSourceOf: (ipFamily: IpFamily) => Promise<string | undefined>,
): Promise<string | undefined> {
  const inUse = links.filter((link) => link.up && !link.loopback);
  const global = inUse
    .flatMap((link) => link.addresses)
    .filter((address) => address.ipFamily === ipFamily && address.scope === 'global');
  // Rules that lead to an address of a day would be rewritten, and streams cut, when it is over.
  const lasting = global.filter((address) => !address.passing);
  const candidates = (lasting.length > 0 ? lasting : global).map((address) => address.ip);
  if (candidates.length < 2) return candidates[0];
  const source = await defaultSourceOf(ipFamily);
  return source !== undefined && candidates.includes(source) ? source : candidates[0];
}

/** `/proc/net/dev`: two lines of headings, then `name: counters`. */
function namesIn(procNetDev: string): readonly string[] {
  const lines = procNetDev.split('\n').slice(2);
  return lines.map((line) => line.slice(0, line.lastIndexOf(':')).trim()).filter((name) => name !== '');
}

function assumedLink(name: string, infos: readonly NetworkInterfaceInfo[]): Link {
  const addresses = infos.flatMap((info): readonly LinkAddress[] => {
    const ip = canonicalIp(info.address);
    if (ip === undefined) return [];
    const ofLink = ip.startsWith('169.254.') || /^fe[89ab]/.test(ip);
    const scope = info.internal ? 'host' : ofLink ? 'link' : 'global';
    return [{ ipFamily: info.family, ip, scope, passing: false }];
  });
  const loopback = name === 'lo' || (infos.length > 0 && infos.every((info) => info.internal));
  return { name, up: true, loopback, enslaved: false, addresses };
}

/**
 * An IPv6 link-local address counts for nothing here: REDIRECT takes it, but a UDP socket would answer a client from
 * beyond the link by another address, and conntrack would not know the answer. IPv4 has no such rule of scopes.
 */
function lacking(links: readonly Link[], ipFamily: IpFamily): readonly string[] {
  const isUsable = (address: LinkAddress) =>
    address.ipFamily === ipFamily && (ipFamily === 'IPv4' || address.scope !== 'link');
  const inUse = links.filter((link) => link.up && !link.loopback && !link.enslaved);
  return inUse.filter((link) => !link.addresses.some(isUsable)).map((link) => link.name);
}

function isSame(a: HostNetworkState, b: HostNetworkState): boolean {
  const text = (state: HostNetworkState) =>
    JSON.stringify([
      [...state.localAddresses].sort(),
      state.nodeAddress,
      state.withoutAddress,
      state.kernelSctp,
    ]);
  return text(a) === text(b);
}

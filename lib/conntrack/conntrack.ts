// conntrack/conntrack.ts: deletes UDP and SCTP flows that the kernel would go on sending where a portal no longer leads.
// A client that keeps its port never gets a new flow by itself, and rules are consulted for new flows only.
import { ipFamilies } from '../model/ip.js';
import { isLocalAddress } from '../model/self-loops.js';
import type { Conntrack, FlowPortal } from '../proxier/conntrack.js';
import { type Exec, isMissingProgram } from '../proxier/exec.js';
import type { Log } from '../proxier/log.js';
import { type ConntrackEntry, ConntrackError, type ListFilter, listConntrack } from './entries.js';

/**
 * A busy node has a quarter of a million flows, and usually one Service changes: the tool can sift for us, once for each
 * address (or nodePort). For more of them than this, one look at everything is cheaper.
 */
const maxSifted = 4;

/** Each delete walks the kernel's whole table (15 ms on an empty one), and the host has other work. */
const parallelDeletes = 4;

type FlowProtocol = 'udp' | 'sctp';

export function createConntrack(exec: Exec, log: Log): Conntrack {
  return new ToolConntrack(exec, log);
}

class ToolConntrack implements Conntrack {
  readonly #exec: Exec;
  readonly #log: Log;
  #missing = false;

  constructor(exec: Exec, log: Log) {
    this.#exec = exec;
    this.#log = log;
  }

  deleteStaleUdp(portals: readonly FlowPortal[], localAddresses?: ReadonlySet<string>): Promise<number> {
    return this.#deleteStale('udp', portals, localAddresses);
  }

  deleteStaleSctp(portals: readonly FlowPortal[], localAddresses?: ReadonlySet<string>): Promise<number> {
    return this.#deleteStale('sctp', portals, localAddresses);
  }

  async #deleteStale(
    protocol: FlowProtocol,
    portals: readonly FlowPortal[],
    localAddresses?: ReadonlySet<string>,
  ): Promise<number> {
    if (this.#missing) return 0;
    let deleted = 0;
    try {
      for (const ipFamily of ipFamilies) {
        const ofFamily = portals.filter((portal) => portal.ipFamily === ipFamily);
        for (const filter of listFilters(ofFamily)) {
          const entries = await listConntrack(this.#exec, protocol, ipFamily, filter);
          const stale = staleFlows(entries, ofFamily, localAddresses);
          deleted += await this.#deleteAll(stale, protocol, ipFamily.toLowerCase());
        }
      }
    } catch (err) {
      if (!isMissingProgram(err)) throw err;
      this.#missing = true;
      this.#log.warn(
        { err },
        'no conntrack tool (Debian package conntrack): clients of UDP and SCTP that keep sending may stay with a changed Service until they pause',
      );
    }
    return deleted;
  }

  async #deleteAll(flows: readonly StaleFlows[], protocol: FlowProtocol, family: string): Promise<number> {
    let deleted = 0;
    for (let start = 0; start < flows.length; start += parallelDeletes) {
      const batch = flows.slice(start, start + parallelDeletes);
      const counts = await Promise.all(batch.map((flow) => this.#delete(flow, protocol, family)));
      deleted = counts.reduce((sum, count) => sum + count, deleted);
    }
    return deleted;
  }

  async #delete(flows: StaleFlows, protocol: FlowProtocol, family: string): Promise<number> {
    const { ip, port, replySrc, replySport } = flows;
    const original = ['--orig-dst', ip, '--orig-port-dst', String(port)];
    const reply = ['--reply-src', replySrc, '--reply-port-src', String(replySport)];
    const args = ['-D', '-p', protocol, '-f', family, ...original, ...reply];
    const { status, stderr } = await this.#exec('conntrack', args);
    const count = /(\d+) flow entries have been deleted/.exec(stderr)?.[1];
    if (count !== undefined) return Number(count);
    // Gone between the listing and now.
    if (/No such file or directory/.test(stderr)) return 0;
    throw new ConntrackError(`conntrack ${args.join(' ')}: ${stderr.trim() || `status ${status}`}`);
  }
}

/**
 * All flows of one portal that lead to one wrong place: those of an earlier proxy port, usually, so a portal costs one
 * delete, however many clients it has.
 */
export interface StaleFlows {
  readonly ip: string;
  readonly port: number;
  readonly replySrc: string;
  readonly replySport: number;
}

/**
 * Which of the entries belong to a portal and don't lead to one of its proxy ports, on an address that is (still) local.
 * Where no local addresses are given, every address counts as one.
 */
export function staleFlows(
  entries: readonly ConntrackEntry[],
  portals: readonly FlowPortal[],
  localAddresses?: ReadonlySet<string>,
): readonly StaleFlows[] {
  const isHere = (ip: string): boolean => localAddresses === undefined || isLocalAddress(ip, localAddresses);
  const byAddress = new Map(portals.map((portal) => [`${portal.ip} ${portal.port}`, portal]));
  const stale = new Map<string, StaleFlows>();
  for (const { original, reply } of entries) {
    const { dst: ip, dport: port } = original;
    const portal = byAddress.get(`${ip} ${port}`) ?? (isHere(ip) ? byAddress.get(` ${port}`) : undefined);
    if (portal === undefined) continue;
    const isOffered = portal.addresses?.has(ip) ?? true;
    if (isOffered && isHere(reply.src) && leadsTo(portal.proxyPorts, original, reply)) continue;
    const flows = { ip, port, replySrc: reply.src, replySport: reply.sport };
    stale.set(Object.values(flows).join(' '), flows);
  }
  return [...stale.values()];
}

/**
 * The proxy port's number alone proves nothing where it is the portal's too: a flow that was never steered shows the
 * same one. Deleting a right flow costs a lookup, keeping a wrong one costs the client.
 */
function leadsTo(
  proxyPorts: readonly number[],
  original: ConntrackEntry['original'],
  reply: ConntrackEntry['reply'],
): boolean {
  const steered = reply.src !== original.dst || reply.sport !== original.dport;
  return steered && proxyPorts.includes(reply.sport);
}

/** Together they show every entry of these portals. */
function listFilters(portals: readonly FlowPortal[]): readonly ListFilter[] {
  const filters = new Map(
    portals.map(({ ip, port }): [string, ListFilter] =>
      ip === '' ? [`${port}`, { origDstPort: port }] : [ip, { origDst: ip }],
    ),
  );
  return filters.size > maxSifted ? [{}] : [...filters.values()];
}

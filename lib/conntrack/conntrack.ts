// conntrack/conntrack.ts: deletes UDP and SCTP flows that the kernel would go on sending where a portal no longer leads.
// A client that keeps its port never gets a new flow by itself, and rules are consulted for new flows only.
import { ipFamilies } from '../model/ip.js';
import type { Conntrack, SctpPortal, UdpPortal } from '../proxier/conntrack.js';
import { type Exec, isMissingProgram } from '../proxier/exec.js';
import type { Log } from '../proxier/log.js';
import { type ConntrackEntry, ConntrackError, listConntrack } from './entries.js';

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

  deleteStaleUdp(portals: readonly UdpPortal[], localAddresses?: ReadonlySet<string>): Promise<number> {
    return this.#deleteStale('udp', portals, localAddresses);
  }

  deleteStaleSctp(portals: readonly SctpPortal[]): Promise<number> {
    return this.#deleteStale('sctp', portals);
  }

  async #deleteStale(
    protocol: FlowProtocol,
    portals: readonly UdpPortal[],
    localAddresses?: ReadonlySet<string>,
  ): Promise<number> {
    if (this.#missing) return 0;
    let deleted = 0;
    try {
      for (const ipFamily of ipFamilies) {
        const ofFamily = portals.filter((portal) => portal.ipFamily === ipFamily);
        const ips = new Set(ofFamily.map((portal) => portal.ip));
        if (ips.size === 0) continue;
        // A busy node has a quarter of a million flows, and usually one Service changes: the tool can sift for us.
        const entries = await listConntrack(
          this.#exec,
          protocol,
          ipFamily,
          ips.size === 1 ? [...ips][0] : undefined,
        );
        deleted += await this.#deleteAll(
          staleFlows(entries, ofFamily, localAddresses),
          protocol,
          ipFamily.toLowerCase(),
        );
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

/** Which of the entries belong to a portal and don't lead to its proxy port, on an address that is (still) local. */
export function staleFlows(
  entries: readonly ConntrackEntry[],
  portals: readonly UdpPortal[],
  localAddresses?: ReadonlySet<string>,
): readonly StaleFlows[] {
  const byAddress = new Map(portals.map((portal) => [`${portal.ip} ${portal.port}`, portal]));
  const stale = new Map<string, StaleFlows>();
  for (const { original, reply } of entries) {
    const portal = byAddress.get(`${original.dst} ${original.dport}`);
    if (portal === undefined) continue;
    const arrives = localAddresses?.has(reply.src) ?? true;
    if (arrives && leadsTo(portal.proxyPort, original.dst, original.dport, reply)) continue;
    const flows = { ip: portal.ip, port: portal.port, replySrc: reply.src, replySport: reply.sport };
    stale.set(Object.values(flows).join(' '), flows);
  }
  return [...stale.values()];
}

/**
 * The proxy port's number alone proves nothing where it is the portal's too: a flow that was never steered shows the
 * same one. Deleting a right flow costs a lookup, keeping a wrong one costs the client.
 */
function leadsTo(
  proxyPort: number | undefined,
  ip: string,
  port: number,
  reply: ConntrackEntry['reply'],
): boolean {
  const steered = reply.src !== ip || reply.sport !== port;
  return steered && reply.sport === proxyPort;
}

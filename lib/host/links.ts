// host/links.ts: this host's interfaces and routes as the kernel tells `ip` (iproute2). Only asks; changes nothing.
import { canonicalIp, type IpFamily } from '../model/ip.js';
import type { Exec } from '../proxier/exec.js';

export interface Link {
  readonly name: string;
  readonly up: boolean;
  readonly loopback: boolean;
  /** A port of a bridge, bond or VRF: packets that come in there are handled as that one's. */
  readonly enslaved: boolean;
  readonly addresses: readonly LinkAddress[];
}

export interface LinkAddress {
  readonly ipFamily: IpFamily;
  /** Canonical. */
  readonly ip: string;
  /** `link`: means nothing beyond the link (169.254.0.0/16, fe80::/10); `host`: loopback. */
  readonly scope: 'global' | 'link' | 'host';
  /** IPv6 that is not to be relied on: temporary (privacy extensions), deprecated, tentative, or a duplicate. */
  readonly passing: boolean;
}

/** `ip` ran and its answer was not what iproute2 says: busybox's has no -j, or a namespace is gone. */
export class IpToolError extends Error {
  override readonly name = 'IpToolError';
}

/** All interfaces, with the addresses of those without a carrier too. Rejects with IpToolError or ExecError. */
export async function listLinks(exec: Exec): Promise<readonly Link[]> {
  const answer = await ask(exec, ['-j', 'address', 'show']);
  return answer.map((entry) => {
    const link = recordOf(entry);
    const flags = listOf(link.flags);
    return {
      name: String(link.ifname),
      up: flags.includes('UP'),
      loopback: flags.includes('LOOPBACK'),
      enslaved: link.master !== undefined,
      addresses: listOf(link.addr_info).flatMap((info) => addressOf(recordOf(info)) ?? []),
    };
  });
}

/** A destination that only a default route leads to (documentation addresses); the kernel is asked, nothing is sent. */
const farAway: Readonly<Record<IpFamily, string>> = { IPv4: '192.0.2.1', IPv6: '2001:db8::1' };

/** The source address of what this host sends to the world; undefined without a default route. */
export async function defaultSource(exec: Exec, ipFamily: IpFamily): Promise<string | undefined> {
  const family = ipFamily === 'IPv6' ? '-6' : '-4';
  const result = await exec('ip', ['-j', family, 'route', 'get', farAway[ipFamily]]);
  if (result.status !== 0) return undefined;
  const { prefsrc } = recordOf(parse(result.stdout, 'route get')[0]);
  return typeof prefsrc === 'string' ? canonicalIp(prefsrc) : undefined;
}

async function ask(exec: Exec, args: readonly string[]): Promise<readonly unknown[]> {
  const result = await exec('ip', args);
  if (result.status === 0) return parse(result.stdout, args.join(' '));
  throw new IpToolError(`ip ${args.join(' ')}: ${result.stderr.trim() || `status ${result.status}`}`);
}

function parse(text: string, command: string): readonly unknown[] {
  try {
    return listOf(JSON.parse(text));
  } catch (cause) {
    throw new IpToolError(`ip ${command}: no JSON: ${text.slice(0, 80)}`, { cause });
  }
}

function addressOf(info: Readonly<Record<string, unknown>>): LinkAddress | undefined {
  const ip = canonicalIp(String(info.local));
  if (ip === undefined) return undefined;
  const scope = info.scope === 'host' || info.scope === 'link' ? info.scope : 'global';
  const passing = ['temporary', 'deprecated', 'tentative', 'dadfailed'].some((flag) => info[flag] === true);
  return { ipFamily: ip.includes(':') ? 'IPv6' : 'IPv4', ip, scope, passing };
}

function recordOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

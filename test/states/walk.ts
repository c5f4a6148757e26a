// test/states/walk.ts: where does this packet end up? Walks our chains as the kernel would, and counts the rules seen.
import { canonicalIp } from '../../lib/model/ip.js';
import type { Chains } from '../../lib/rules/chains.js';
import { portalKeyDigits } from '../../lib/rules/portal-key.js';
import { optionOf, splitRule } from '../../lib/rules/rule-text.js';

export interface Packet {
  readonly ip: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly port: number;
  /** conntrack's state: led here by a DNAT or REDIRECT. */
  readonly translated?: boolean;
}

export interface Walk {
  /** What the last rule did: `REDIRECT --to-ports 30000`; undefined when no rule matched. */
  readonly verdict: string | undefined;
  readonly rulesSeen: number;
  /** How many chains deep it got, the first one included. */
  readonly depth: number;
}

export function walk(chains: Chains, start: string, packet: Packet): Walk {
  let rulesSeen = 0;
  let depth = 0;
  const visit = (chain: string, level: number): string | undefined => {
    depth = Math.max(depth, level);
    for (const rule of chains.get(chain) ?? []) {
      rulesSeen += 1;
      const words = splitRule(rule);
      if (!matches(words, packet)) continue;
      const goto = optionOf(words, '-g');
      if (goto !== undefined) return visit(goto, level + 1);
      return words.slice(words.indexOf('-j') + 1).join(' ');
    }
    return undefined;
  };
  const verdict = visit(start, 1);
  return { verdict, rulesSeen, depth };
}

function matches(words: readonly string[], packet: Packet): boolean {
  const destination = optionOf(words, '-d');
  const protocol = optionOf(words, '-p');
  const ports = optionOf(words, '--dport') ?? optionOf(words, '--dports');
  const state = optionOf(words, '--ctstate');
  return (
    (destination === undefined || inPrefix(packet.ip, destination)) &&
    (protocol === undefined || protocol === packet.protocol) &&
    (ports === undefined || ports.split(',').some((item) => inRange(packet.port, item))) &&
    (state === undefined || (state === 'DNAT' && packet.translated === true))
  );
}

function inRange(port: number, item: string): boolean {
  const [low, high = low] = item.split(':').map(Number);
  return low !== undefined && high !== undefined && port >= low && port <= high;
}

function inPrefix(ip: string, prefix: string): boolean {
  const [network = '', length = ''] = prefix.split('/');
  return bitsOf(ip).startsWith(bitsOf(network).slice(0, Number(length)));
}

const cache = new Map<string, string>();

function bitsOf(ip: string): string {
  const known = cache.get(ip);
  if (known !== undefined) return known;
  const digits = portalKeyDigits({ ip: canonicalIp(ip) ?? ip, port: 0, protocol: 'TCP' }).slice(0, -5);
  const bits = [...digits].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('');
  cache.set(ip, bits);
  return bits;
}

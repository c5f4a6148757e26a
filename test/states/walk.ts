// test/states/walk.ts: where does this packet end up? Walks our chains as the kernel would, and counts the rules seen.
import { canonicalIp } from '../../lib/model/ip.js';
import { addressDigits } from '../../lib/rules/address-digits.js';
import type { Chains } from '../../lib/rules/chains.js';
import { optionOf, splitRule } from '../../lib/rules/rule-text.js';

export interface Packet {
  readonly ip: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
  readonly port: number;
  /** The sender's address. */
  readonly source?: string;
  /** The interface it came in by. */
  readonly interface?: string;
  /** This host sends it. */
  readonly fromHost?: boolean;
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
      const target = optionOf(words, '-j');
      if (target === undefined) continue;
      if (target === 'RETURN') return undefined;
      if (!chains.has(target)) return words.slice(words.indexOf('-j') + 1).join(' ');
      const verdict = visit(target, level + 1);
      if (verdict !== undefined) return verdict;
    }
    return undefined;
  };
  const verdict = visit(start, 1);
  return { verdict, rulesSeen, depth };
}

function matches(words: readonly string[], packet: Packet): boolean {
  const { source, fromHost = false, translated = false } = packet;
  const destination = optionOf(words, '-d');
  const sources = optionOf(words, '-s');
  const input = optionOf(words, '-i');
  const protocol = optionOf(words, '-p');
  const ports = optionOf(words, '--dport') ?? optionOf(words, '--dports');
  return (
    (destination === undefined || inPrefix(packet.ip, destination)) &&
    (sources === undefined || (source !== undefined && inPrefix(source, sources))) &&
    (input === undefined || isInterface(packet.interface, input)) &&
    (protocol === undefined || protocol === packet.protocol) &&
    (ports === undefined || ports.split(',').some((item) => inRange(packet.port, item))) &&
    (optionOf(words, '--src-type') === undefined || fromHost) &&
    (optionOf(words, '--ctstate') === undefined || (optionOf(words, '--ctstate') === 'DNAT' && translated)) &&
    // Of a translated packet the walk knows nothing but where it is.
    optionOf(words, '--ctorigdst') === undefined
  );
}

function isInterface(name: string | undefined, match: string): boolean {
  return match.endsWith('+') ? name?.startsWith(match.slice(0, -1)) === true : name === match;
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
  const digits = addressDigits(canonicalIp(ip) ?? ip);
  const bits = [...digits].map((digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('');
  cache.set(ip, bits);
  return bits;
}

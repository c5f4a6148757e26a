// rules/portal-key.ts: PURE. A portal's place in the tree of chains: address, protocol and port as one string of hex
// digits, whose prefixes are what a single rule can match. A nodePort's key has no address.
import { hostPrefix } from '../model/ip.js';
import type { Protocol } from '../model/service-port-name.js';
import { addressDigits, addressText, maskDigits } from './address-digits.js';
import type { Portal } from './portal.js';

const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];
const protocolBits = 4;
const portBits = 16;

/** How many bits of a key come before protocol and port. */
export type AddressBits = 0 | 32 | 128;

/** 13 digits for IPv4, 37 for IPv6, 5 for a nodePort. Those of one kind sort, as text, by address, protocol, port. */
export function portalKeyDigits(portal: Pick<Portal, 'ip' | 'port' | 'protocol'>): string {
  const address = portal.ip === '' ? '' : addressDigits(portal.ip);
  const protocol = protocols.indexOf(portal.protocol).toString(16);
  return `${address}${protocol}${portal.port.toString(16).padStart(4, '0')}`;
}

/** The two bits at `bit` (even), as 0 to 3. */
export function slotAt(digits: string, bit: number): number {
  const digit = Number.parseInt(digits.charAt(bit >> 2), 16);
  return bit % 4 === 0 ? digit >> 2 : digit & 3;
}

/** How many leading bits two keys share, rounded down to an even number. */
export function sharedBits(a: string, b: string): number {
  let bit = 0;
  while (bit < a.length * 4 && slotAt(a, bit) === slotAt(b, bit)) bit += 2;
  return bit;
}

/**
 * What a rule must match to catch all keys that start with these bits, as iptables-save prints it:
 * `-d 10.96.0.0/14`, `-d 10.96.0.1/32 -p tcp`, `-d 10.96.0.1/32 -p tcp -m tcp --dport 0:16383`, and without an address
 * `-p tcp`, `-p tcp -m tcp --dport 30000:30003`.
 */
export function prefixMatch(digits: string, bits: number, ofAddress: AddressBits): string {
  const masked = maskDigits(digits, bits);
  const network = addressText(masked.slice(0, ofAddress / 4));
  if (bits < ofAddress) return `-d ${network}/${bits}`;
  const host = ofAddress === 0 ? '' : `-d ${hostPrefix(network)} `;
  const afterProtocol = bits - ofAddress - protocolBits;
  if (afterProtocol < 0) return host.trimEnd();
  const protocol = protocolOption(protocolOf(masked));
  if (afterProtocol === 0) return `${host}-p ${protocol}`;
  const low = portOf(masked);
  return `${host}${portRangeMatch(protocol, low, low + 2 ** (portBits - afterProtocol) - 1)}`;
}

export function protocolOf(digits: string): Protocol {
  return protocols[Number.parseInt(digits.at(-5) ?? '', 16)] ?? 'TCP';
}

function portOf(digits: string): number {
  return Number.parseInt(digits.slice(-4), 16);
}

/** `-p tcp -m tcp --dport 1024:2047`, `-p tcp -m tcp --dport 80`. */
export function portRangeMatch(protocol: string, low: number, high: number): string {
  return `-p ${protocol} -m ${protocol} --dport ${low === high ? low : `${low}:${high}`}`;
}

export function protocolOption(protocol: Protocol): string {
  return protocol.toLowerCase();
}

// rules/portal-key.ts: PURE. A portal's place in the tree of chains: address, protocol and port as one string of hex
// digits, whose prefixes are what a single rule can match.
import { canonicalIp, hostPrefix, type IpFamily } from '../model/ip.js';
import type { Protocol } from '../model/service-port-name.js';
import type { Portal } from './portal.js';

const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP'];
const protocolBits = 4;
const portBits = 16;

export function addressBits(ipFamily: IpFamily): 32 | 128 {
  return ipFamily === 'IPv4' ? 32 : 128;
}

/** 13 digits for IPv4, 37 for IPv6. Keys of one family sort, as text, by address, then protocol, then port. */
export function portalKeyDigits(portal: Pick<Portal, 'ip' | 'port' | 'protocol'>): string {
  const protocol = protocols.indexOf(portal.protocol).toString(16);
  return `${addressDigits(portal.ip)}${protocol}${portal.port.toString(16).padStart(4, '0')}`;
}

function addressDigits(ip: string): string {
  const dotted = /^(.*?)(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(ip);
  if (dotted) {
    const [, before = '', ...bytes] = dotted;
    const tail = bytes.map((byte) => Number(byte).toString(16).padStart(2, '0')).join('');
    return before === '' ? tail : addressDigits(`${before}${tail.slice(0, 4)}:${tail.slice(4)}`);
  }
  const [head = '', rest] = ip.split('::');
  const groups = (text: string) =>
    text === '' ? [] : text.split(':').map((group) => group.padStart(4, '0'));
  const before = groups(head);
  const after = groups(rest ?? '');
  const zeros = Array<string>(8 - before.length - after.length).fill('0000');
  return [...before, ...zeros, ...after].join('');
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

/** The first `bits` bits, the rest zero. */
export function maskDigits(digits: string, bits: number): string {
  const whole = digits.slice(0, bits >> 2);
  const part = bits % 4 === 0 ? '' : (Number.parseInt(digits.charAt(bits >> 2), 16) & 12).toString(16);
  return (whole + part).padEnd(digits.length, '0');
}

/**
 * What a rule must match to catch all keys that start with these bits, as iptables-save prints it:
 * `-d 10.96.0.0/14`, `-d 10.96.0.1/32 -p tcp`, `-d 10.96.0.1/32 -p tcp -m tcp --dport 0:16383`.
 */
export function prefixMatch(digits: string, bits: number, ipFamily: IpFamily): string {
  const ofAddress = addressBits(ipFamily);
  const masked = maskDigits(digits, bits);
  const network = addressText(masked.slice(0, ofAddress / 4), ipFamily);
  if (bits < ofAddress) return `-d ${network}/${bits}`;
  const host = `-d ${hostPrefix(network)}`;
  const afterProtocol = bits - ofAddress - protocolBits;
  if (afterProtocol < 0) return host;
  const protocol = protocolOption(protocols[Number.parseInt(masked.charAt(ofAddress / 4), 16)] ?? 'TCP');
  if (afterProtocol === 0) return `${host} -p ${protocol}`;
  const low = Number.parseInt(masked.slice(-4), 16);
  return `${host} ${portRangeMatch(protocol, low, low + 2 ** (portBits - afterProtocol) - 1)}`;
}

/** `-p tcp -m tcp --dport 1024:2047`. */
export function portRangeMatch(protocol: string, low: number, high: number): string {
  return `-p ${protocol} -m ${protocol} --dport ${low}:${high}`;
}

export function protocolOption(protocol: Protocol): string {
  return protocol.toLowerCase();
}

function addressText(digits: string, ipFamily: IpFamily): string {
  if (ipFamily === 'IPv4') {
    return (digits.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).join('.');
  }
  const text = (digits.match(/..../g) ?? []).join(':');
  return canonicalIp(text) ?? text;
}

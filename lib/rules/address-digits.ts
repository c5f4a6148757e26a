// rules/address-digits.ts: PURE. IP addresses as strings of hex digits (8 for IPv4, 32 for IPv6), whose prefixes are
// what a rule can match, and back to the spelling of iptables-save.
import { canonicalIp } from '../model/ip.js';

/** @param ip a literal address */
export function addressDigits(ip: string): string {
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

export function addressText(digits: string): string {
  if (digits.length === 8) {
    return (digits.match(/../g) ?? []).map((byte) => Number.parseInt(byte, 16)).join('.');
  }
  const text = (digits.match(/..../g) ?? []).join(':');
  return canonicalIp(text) ?? text;
}

/** The first `bits` bits, the rest zero. */
export function maskDigits(digits: string, bits: number): string {
  const whole = digits.slice(0, bits >> 2);
  const rest = bits % 4;
  const part =
    rest === 0 ? '' : (Number.parseInt(digits.charAt(bits >> 2), 16) & (16 - 2 ** (4 - rest))).toString(16);
  return (whole + part).padEnd(digits.length, '0');
}

// rules/cidr.ts: PURE. Ranges of source addresses. Two of them are nested or have nothing in common, so that "in this
// one and in that one" is always a single match.
import { canonicalIp, type IpFamily, ipFamilyOf } from '../model/ip.js';
import { addressDigits, addressText, maskDigits } from './address-digits.js';

export interface Cidr {
  /** Of the address, masked; see addressDigits. */
  readonly digits: string;
  readonly bits: number;
}

/** Undefined when `text` is no CIDR of the family. Bits beyond the prefix are cleared, as the kernel does. */
export function parseCidr(text: string, ipFamily: IpFamily): Cidr | undefined {
  const [, address = '', length = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? [];
  const ip = canonicalIp(address);
  if (ip === undefined || ipFamilyOf(ip) !== ipFamily) return undefined;
  const digits = addressDigits(ip);
  const bits = Number(length);
  return bits > digits.length * 4 ? undefined : { digits: maskDigits(digits, bits), bits };
}

/** Undefined: nothing is in both. */
export function intersection(a: Cidr, b: Cidr): Cidr | undefined {
  const [wide, narrow] = a.bits < b.bits ? [a, b] : [b, a];
  return maskDigits(narrow.digits, wide.bits) === wide.digits ? narrow : undefined;
}

/** As iptables-save prints it: `10.244.0.0/16`. */
export function cidrText({ digits, bits }: Cidr): string {
  return `${addressText(digits)}/${bits}`;
}

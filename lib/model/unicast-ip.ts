// model/unicast-ip.ts: addresses that a Service or an endpoint can have: one host, no zone. Loopback and link-local
// ones are let through, unlike in the API: on a developer's machine an endpoint is often a process of that machine.
import { type IpFamily, ipFamilyOf, looseIp } from './ip.js';
import { show } from './loose-fields.js';

export type UnicastIp =
  | { readonly ok: true; readonly ip: string; readonly ipFamily: IpFamily }
  | { readonly ok: false; readonly message: string };

/** `family`, where given, is the only one that will do. `ip` is canonical. */
export function unicastIp(value: unknown, family?: IpFamily): UnicastIp {
  if (typeof value !== 'string') return wrong(value, 'not an IP address');
  if (value.includes('%'))
    return wrong(value, 'an address with a zone, which means nothing outside one link');
  const ip = looseIp(value);
  const ipFamily = ip === undefined ? undefined : ipFamilyOf(ip);
  if (ip === undefined || ipFamily === undefined) return wrong(value, 'not an IP address');
  if (family !== undefined && ipFamily !== family) return wrong(value, `not an ${family} address`);
  if (ip === '0.0.0.0' || ip === '::') return wrong(value, 'the unspecified address');
  if (ip === '255.255.255.255') return wrong(value, 'the broadcast address');
  if (isMulticast(ip, ipFamily)) return wrong(value, 'a multicast address');
  return { ok: true, ip, ipFamily };
}

/** 224.0.0.0/4 (RFC 5771) and ff00::/8 (RFC 4291 §2.7). */
function isMulticast(ip: string, ipFamily: IpFamily): boolean {
  if (ipFamily === 'IPv6') return /^ff[0-9a-f]{2}:/.test(ip);
  const first = Number(ip.slice(0, ip.indexOf('.')));
  return first >= 224 && first <= 239;
}

function wrong(value: unknown, reason: string): UnicastIp {
  return { ok: false, message: `${show(value)} is ${reason}` };
}

// model/ip.ts: IP addresses as Kubernetes writes them. Pure; families, one canonical spelling per address.
import { isIPv4, isIPv6, SocketAddress } from 'node:net';

/** Spelled as in discovery.k8s.io/v1 `addressType` and core/v1 `ipFamilies`. */
export type IpFamily = 'IPv4' | 'IPv6';

export const ipFamilies: readonly IpFamily[] = ['IPv4', 'IPv6'];

/** The family of a literal address, or undefined when `text` is no IP address (zones are refused). */
export function ipFamilyOf(text: string): IpFamily | undefined {
  if (isIPv4(text)) return 'IPv4';
  if (isIPv6(text) && !text.includes('%')) return 'IPv6';
  return undefined;
}

/**
 * One spelling per address: IPv4 as it is, IPv6 compressed and lower case, IPv4-mapped IPv6 as IPv4
 * (Go's net.IP prints it so, and kube-proxy compares printed addresses).
 */
export function canonicalIp(text: string): string | undefined {
  const family = ipFamilyOf(text);
  if (family === 'IPv4') return text;
  if (family === undefined) return undefined;
  const address = new SocketAddress({ address: text, family: 'ipv6' }).address;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address);
  return mapped?.[1] ?? address;
}

/**
 * As canonicalIp(), with leading zeros of an IPv4 address read as decimal: `010.0.0.1` is 10.0.0.1. Objects that are
 * older than the API's check for them may hold such addresses, and kube-proxy serves them so.
 */
export function looseIp(text: string): string | undefined {
  const ip = canonicalIp(text);
  if (ip !== undefined || !/^\d{1,3}(?:\.\d{1,3}){3}$/.test(text)) return ip;
  return canonicalIp(text.split('.').map(Number).join('.'));
}

/** `10.0.0.1/32`, `fd00::1/128`: how iptables-save prints a single address. */
export function hostPrefix(ip: string): string {
  return ip.includes(':') ? `${ip}/128` : `${ip}/32`;
}

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export function hostPort(ip: string, port: number): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

// dataplane/sctp/wire/ip-words.ts: IP addresses as four 32-bit numbers, an IPv4 one mapped (::ffff:a.b.c.d, RFC 4291): both
// families are compared, hashed and kept alike, without a string for each packet. Pure.
import { formatIpv4, formatIpv6, ipv4Bytes, ipv6Bytes } from '../../native/socket-address.js';

/** Four words in network order, each signed: V8 holds those without allocating. */
export type IpWords = Int32Array;

const mapped = 0xffff;

/** 0.0.0.0 or ::. As a source it leaves the choice to the kernel. */
export function unspecified(ipFamily: 'IPv4' | 'IPv6'): IpWords {
  return Int32Array.of(0, 0, ipFamily === 'IPv4' ? mapped : 0, 0);
}

export function isIpv4(words: IpWords): boolean {
  return words[2] === mapped && words[0] === 0 && words[1] === 0;
}

export function sameIp(a: IpWords, b: IpWords): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0];
}

export function readIpv4(bytes: Buffer, at: number, words: IpWords): void {
  words[0] = 0;
  words[1] = 0;
  words[2] = mapped;
  words[3] = bytes.readInt32BE(at);
}

export function readIpv6(bytes: Buffer, at: number, words: IpWords): void {
  for (let word = 0; word < 4; word++) words[word] = bytes.readInt32BE(at + 4 * word);
}

/** 4 bytes. */
export function writeIpv4(words: IpWords, bytes: Buffer, at: number): void {
  bytes.writeInt32BE(words[3] ?? 0, at);
}

/** 16 bytes. */
export function writeIpv6(words: IpWords, bytes: Buffer, at: number): void {
  for (let word = 0; word < 4; word++) bytes.writeInt32BE(words[word] ?? 0, at + 4 * word);
}

/** Throws RangeError for what is no address. */
export function ipWords(ip: string): IpWords {
  const words = new Int32Array(4);
  if (ip.includes(':')) readIpv6(Buffer.from(ipv6Bytes(ip)), 0, words);
  else readIpv4(Buffer.from(ipv4Bytes(ip)), 0, words);
  return words;
}

/** In canonical spelling. */
export function ipText(words: IpWords): string {
  const bytes = Buffer.alloc(16);
  writeIpv6(words, bytes, 0);
  return isIpv4(words) ? formatIpv4(bytes, 12) : formatIpv6(bytes, 0);
}

/** Neither unspecified nor for many: nobody else may talk or be answered (RFC 9260, section 8.4). */
export function isUnicast(words: IpWords): boolean {
  const first = words[0] ?? 0;
  const last = words[3] ?? 0;
  // 0.0.0.0/8; 224.0.0.0/4 and all above it, the broadcast address among them.
  if (isIpv4(words)) return last >>> 24 !== 0 && last >>> 28 < 14;
  return first >>> 24 !== 0xff && (first !== 0 || words[1] !== 0 || words[2] !== 0 || last !== 0);
}

/** fe80::/10: means something only together with its link (RFC 4007). */
export function isLinkLocal(words: IpWords): boolean {
  return (words[0] ?? 0) >>> 22 === 0x3fa;
}

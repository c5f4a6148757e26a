// dataplane/sctp/relay/icmp-messages.ts: ICMP errors by hand, as a router writes them about a packet of ours.
import type { Sent } from './fake-network.js';

type Quotable = Pick<Sent, 'to' | 'bytes'>;

function ipv4Quote(local: string, { to, bytes }: Quotable): Buffer {
  const header = Buffer.alloc(20);
  header[0] = 0x45;
  header.writeUInt16BE(20 + bytes.length, 2);
  header[9] = 132;
  header.set(local.split('.').map(Number), 12);
  header.set(to.split('.').map(Number), 16);
  return Buffer.concat([header, bytes.subarray(0, 28)]);
}

/** @param local the address of ours that the packet left from */
export function unreachableFor(local: string, sent: Quotable): Buffer {
  return Buffer.concat([Buffer.of(3, 3, 0, 0, 0, 0, 0, 0), ipv4Quote(local, sent)]);
}

export function fragmentationNeededFor(local: string, sent: Quotable, mtu: number): Buffer {
  return Buffer.concat([Buffer.of(3, 4, 0, 0, 0, 0, mtu >> 8, mtu & 255), ipv4Quote(local, sent)]);
}

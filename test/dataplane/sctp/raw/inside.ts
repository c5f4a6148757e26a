// dataplane/sctp/raw/inside.ts: what the programs of this folder share, which its tests run in a namespace each: sockets of a
// family, and where they can send to.
import { setTimeout as sleep } from 'node:timers/promises';
import type { Test } from 'tap';
import { createOwnerTable, Descriptors } from '../../../../lib/dataplane/native/descriptors.js';
import { NativeMemory } from '../../../../lib/dataplane/native/native-memory.js';
import type { PacketBatch } from '../../../../lib/dataplane/sctp/raw/packet-batch.js';
import { openRawSockets, type RawSockets } from '../../../../lib/dataplane/sctp/raw/raw-sockets.js';
import type { PacketMemory, Route } from '../../../../lib/dataplane/sctp/relay/transport.js';
import { ipWords } from '../../../../lib/dataplane/sctp/wire/ip-words.js';

/** The namespace has these on its loopback interface (../inside.ts). */
export const families = [
  { ipFamily: 'IPv4', local: '127.0.0.5', peer: '127.0.0.6' },
  { ipFamily: 'IPv6', local: 'fd00::1', peer: 'fd00::2' },
] as const;

export const owner = 1;

export function descriptorsOf(): Descriptors {
  return new Descriptors(owner, createOwnerTable());
}

/** For the time of a test. */
export function socketsOf(t: Test, ipFamily: 'IPv4' | 'IPv6', descriptors = descriptorsOf()): RawSockets {
  const sockets = openRawSockets(ipFamily, descriptors);
  t.teardown(() => {
    descriptors.close(sockets.sctp);
    descriptors.close(sockets.icmp);
  });
  return sockets;
}

export function route(local: string, peer: string): Route {
  return { local: ipWords(local), peer: ipWords(peer), scope: 0 };
}

/** Memory with `packet` in it, behind room for an IP header. */
export function memoryWith(packet: Buffer): {
  readonly memory: PacketMemory;
  readonly at: number;
  readonly end: number;
} {
  const memory = new NativeMemory(70_000);
  memory.bytes.set(packet, 20);
  return { memory, at: 20, end: 20 + packet.length };
}

/** How many packets came within a second; the batch holds them. */
export async function receive(batch: PacketBatch, fd: number): Promise<number> {
  for (let tries = 0; tries < 200; tries++) {
    const count = batch.receive(fd);
    if (count > 0) return count;
    await sleep(5);
  }
  return 0;
}

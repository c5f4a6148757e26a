// dataplane/linux/bulk.ts: large streams that can be checked, and what the process holds while they flow.
import { createHash } from 'node:crypto';
import { readdirSync, readlinkSync } from 'node:fs';
import type { Socket } from 'node:net';
import { within } from '../conformance/waiting.js';

const mebibyte = 1024 * 1024;

/** One MiB that only `seed` and its number decide. */
function block(seed: number, number: number): Buffer {
  return Buffer.alloc(mebibyte, Buffer.from([seed, number & 0xff, number >> 8, 7, seed ^ number, 11, 3]));
}

/** Writes so many MiB and ends; the checksum of what it wrote. */
export async function pour(socket: Socket, mebibytes: number, seed: number): Promise<string> {
  const hash = createHash('sha1');
  for (let number = 0; number < mebibytes; number++) {
    const bytes = block(seed, number);
    hash.update(bytes);
    const written = new Promise((resolve) => socket.write(bytes, resolve));
    await within('a write of a large stream', written, 40_000);
  }
  socket.end();
  return hash.digest('hex');
}

/** Of everything up to the end. */
export function checksum(socket: Socket): Promise<string> {
  const hash = createHash('sha1');
  const summed = new Promise<string>((resolve, reject) => {
    socket.on('data', (chunk: Buffer) => hash.update(chunk));
    socket.once('end', () => resolve(hash.digest('hex')));
    socket.once('error', reject);
  });
  return within('the end of a large stream', summed, 40_000);
}

/** Ends of pipes that this process has open. */
export function openPipeEnds(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('pipe:');
    } catch {
      return false;
    }
  }).length;
}

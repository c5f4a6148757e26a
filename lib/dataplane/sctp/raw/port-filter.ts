// dataplane/sctp/raw/port-filter.ts: a socket filter (classic BPF, bpf(4)) that keeps out what is for no port of ours. A raw
// socket sees every packet of its protocol, what the relay itself sends to a peer on this host among them: half of all.
import type { IpFamily } from '../../../model/ip.js';
import { SOL_SOCKET } from '../../native/abi/constants.js';
import { NativeMemory } from '../../native/native-memory.js';
import * as sys from '../../native/syscalls.js';
import type { PortRange } from '../relay/options.js';
import { SO_ATTACH_FILTER, SO_DETACH_FILTER } from './constants.js';

/** struct sock_filter (<linux/filter.h>): code, where to go on if true and if false, operand. */
export type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, operand: number];

/** <linux/bpf_common.h>. */
const loadHeaderLength = 0xb1;
const loadHalfWordIndexed = 0x48;
const loadHalfWord = 0x28;
const jumpIfEqual = 0x15;
const jumpIfGreater = 0x25;
const jumpIfGreaterOrEqual = 0x35;
const exit = 0x06;
const wholePacket = 0xffff_ffff;

const destinationPort = 2;
/** A program may have 4,096 instructions, and checking the ports one after the other should cost less than it saves. */
const mostPorts = 256;

/** Undefined: too many ports for a filter to pay. */
export function filterProgram(
  ipFamily: IpFamily,
  relayPorts: PortRange,
  proxyPorts: readonly number[],
): readonly Instruction[] | undefined {
  if (proxyPorts.length > mostPorts) return undefined;
  const accept: Instruction = [exit, 0, 0, wholePacket];
  // The filter sees an IPv4 packet from its IP header on, and an IPv6 one from behind it.
  const load: readonly Instruction[] =
    ipFamily === 'IPv4'
      ? [
          [loadHeaderLength, 0, 0, 0],
          [loadHalfWordIndexed, 0, 0, destinationPort],
        ]
      : [[loadHalfWord, 0, 0, destinationPort]];
  return [
    ...load,
    [jumpIfGreaterOrEqual, 0, 2, relayPorts.first],
    [jumpIfGreater, 1, 0, relayPorts.last],
    accept,
    ...proxyPorts.flatMap((port): Instruction[] => [[jumpIfEqual, 0, 1, port], accept]),
    [exit, 0, 0, 0],
  ];
}

/** Replaces the filter that was there, at once; undefined: takes it away. Where it fails everything is let through. */
export function setFilter(fd: number, program: readonly Instruction[] | undefined): void {
  const fprog = new NativeMemory(16);
  if (program === undefined) {
    sys.setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, fprog.address, 4);
    return;
  }
  const code = new NativeMemory(8 * program.length);
  program.forEach(([instruction, ifTrue, ifFalse, operand], index) => {
    code.bytes.writeUInt16LE(instruction, 8 * index);
    code.bytes[8 * index + 2] = ifTrue;
    code.bytes[8 * index + 3] = ifFalse;
    code.bytes.writeUInt32LE(operand, 8 * index + 4);
  });
  fprog.bytes.writeUInt16LE(program.length, 0);
  fprog.writeWide(code.address, 8);
  if (sys.setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, fprog.address, 16) < 0)
    sys.setsockopt(fd, SOL_SOCKET, SO_DETACH_FILTER, fprog.address, 4);
}

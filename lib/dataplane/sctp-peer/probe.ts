// dataplane/sctp-peer/probe.ts: whether somebody speaks SCTP at an address: an INIT, and what comes back. The association
// that an answer offers is refused at once, so that nobody keeps anything of it.
import { randomInt } from 'node:crypto';
import { ipFamilyOf } from '../../model/ip.js';
import { type Clock, systemClock } from '../../proxier/clock.js';
import { SystemError } from '../native/system-error.js';
import { seal, writeAnswer, writePorts } from '../sctp/wire/answers.js';
import { chunkHeader, chunkType, commonHeader, initChunk } from '../sctp/wire/format.js';
import { RawIpv4 } from './raw-ipv4.js';

/**
 * answers: INIT ACK; refuses: ABORT; unreachable: ICMP, or no way there; silent: nothing in time; not-permitted: this
 * process may not open raw sockets (CAP_NET_RAW).
 */
export type SctpProbe = 'answers' | 'refuses' | 'unreachable' | 'silent' | 'not-permitted';

/** As RFC 9260, section 16, has it: what got lost is sent again after a second. */
const againMs = 1000;
const windowBytes = 65_536;
const streams = 1;

/** Rejects with RangeError for what is no IPv4 address, and with SystemError where sockets fail for other reasons. */
export async function probeSctp(
  address: string,
  port: number,
  timeoutMs: number,
  clock: Clock = systemClock,
): Promise<SctpProbe> {
  if (ipFamilyOf(address) !== 'IPv4') throw new RangeError(`not an IPv4 address: ${address}`);
  const local = { port: randomInt(49_152, 65_536), tag: randomInt(1, 2 ** 32) };
  let answer: (probe: SctpProbe) => void = () => {};
  const answered = new Promise<SctpProbe>((resolve) => {
    answer = resolve;
  });
  const open = (): RawIpv4 =>
    new RawIpv4({
      packet(packet, from, to) {
        if (from !== address || packet.readUInt16BE(commonHeader.sourcePort) !== port) return;
        if (packet.readUInt16BE(commonHeader.destinationPort) !== local.port) return;
        if (packet.readUInt32BE(commonHeader.tag) !== local.tag) return;
        const type = packet[commonHeader.size];
        if (type === chunkType.abort) answer('refuses');
        if (type !== chunkType.initAck || packet.length < commonHeader.size + initChunk.size) return;
        const theirTag = packet.readInt32BE(commonHeader.size + initChunk.initiateTag);
        raw.send(abortPacket(local.port, port, theirTag), to, address);
        answer('answers');
      },
      unreachable({ peer, peerPort, localPort }) {
        if (peer === address && peerPort === port && localPort === local.port) answer('unreachable');
      },
    });
  let raw: RawIpv4;
  try {
    raw = open();
  } catch (error) {
    if (error instanceof SystemError && (error.code === 'EPERM' || error.code === 'EACCES'))
      return 'not-permitted';
    throw error;
  }
  const init = initPacket(local.port, port, local.tag);
  let cancelAgain = (): void => {};
  const send = (): void => {
    if (raw.send(init, undefined, address) < 0) answer('unreachable');
    cancelAgain = clock.after(againMs, send);
  };
  const cancelEnd = clock.after(timeoutMs, () => answer('silent'));
  send();
  const probe = await answered;
  cancelAgain();
  cancelEnd();
  await raw.close();
  return probe;
}

function initPacket(source: number, destination: number, tag: number): Buffer {
  const packet = Buffer.alloc(commonHeader.size + initChunk.size);
  const chunk = commonHeader.size;
  packet[chunk] = chunkType.init;
  packet.writeUInt16BE(initChunk.size, chunk + chunkHeader.length);
  packet.writeUInt32BE(tag, chunk + initChunk.initiateTag);
  packet.writeUInt32BE(windowBytes, chunk + 8);
  packet.writeUInt16BE(streams, chunk + 12);
  packet.writeUInt16BE(streams, chunk + 14);
  packet.writeUInt32BE(tag, chunk + 16);
  writePorts(packet, 0, source, destination);
  seal(packet, 0, packet.length);
  return packet;
}

function abortPacket(source: number, destination: number, tag: number): Buffer {
  const packet = Buffer.alloc(commonHeader.size + chunkHeader.size);
  writeAnswer(packet, 0, 'abort', tag);
  writePorts(packet, 0, source, destination);
  seal(packet, 0, packet.length);
  return packet;
}

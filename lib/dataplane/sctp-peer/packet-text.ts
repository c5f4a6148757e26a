// dataplane/sctp-peer/packet-text.ts: an SCTP packet in words, for those who want to watch an association. Pure.
import { chunkLength } from '../sctp/wire/chunks.js';
import {
  chunkHeader,
  chunkType,
  commonHeader,
  dataHeaderBytes,
  initChunk,
  padded,
} from '../sctp/wire/format.js';

const sackBytes = 16;

const names: ReadonlyMap<number, string> = new Map([
  [chunkType.data, 'DATA'],
  [chunkType.init, 'INIT'],
  [chunkType.initAck, 'INIT ACK'],
  [chunkType.sack, 'SACK'],
  [chunkType.heartbeat, 'HEARTBEAT'],
  [chunkType.heartbeatAck, 'HEARTBEAT ACK'],
  [chunkType.abort, 'ABORT'],
  [chunkType.shutdown, 'SHUTDOWN'],
  [chunkType.shutdownAck, 'SHUTDOWN ACK'],
  [chunkType.error, 'ERROR'],
  [chunkType.cookieEcho, 'COOKIE ECHO'],
  [chunkType.cookieAck, 'COOKIE ACK'],
  [chunkType.shutdownComplete, 'SHUTDOWN COMPLETE'],
]);

/** `DATA tsn=17 stream=3 ppid=60 5 bytes`, chunks joined by ` + `. @param packet well-formed */
export function packetText(packet: Buffer): string {
  const chunks: string[] = [];
  for (let at = commonHeader.size; packet.length - at >= chunkHeader.size; ) {
    const length = chunkLength(packet, at);
    chunks.push(chunkText(packet.subarray(at, at + Math.max(length, chunkHeader.size))));
    at += Math.max(padded(length), chunkHeader.size);
  }
  return chunks.join(' + ');
}

function chunkText(chunk: Buffer): string {
  const type = chunk[0] ?? 0;
  const name = names.get(type) ?? `chunk ${type}`;
  if ((type === chunkType.init || type === chunkType.initAck) && chunk.length >= initChunk.size) {
    const tag = chunk.readUInt32BE(initChunk.initiateTag).toString(16).padStart(8, '0');
    return `${name} tag=${tag} window=${chunk.readUInt32BE(8)} streams=${chunk.readUInt16BE(12)}/${chunk.readUInt16BE(14)} tsn=${chunk.readUInt32BE(16)}`;
  }
  if (type === chunkType.data && chunk.length >= dataHeaderBytes) {
    const stream = `stream=${chunk.readUInt16BE(8)} ppid=${chunk.readUInt32BE(12)}`;
    return `${name} tsn=${chunk.readUInt32BE(4)} ${stream} ${chunk.length - dataHeaderBytes} bytes`;
  }
  if (type === chunkType.sack && chunk.length >= sackBytes)
    return `${name} up-to=${chunk.readUInt32BE(4)} window=${chunk.readUInt32BE(8)}`;
  return name;
}

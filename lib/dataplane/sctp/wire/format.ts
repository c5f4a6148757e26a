// dataplane/sctp/wire/format.ts: numbers and offsets of an SCTP packet (RFC 9260, section 3). Pure.

/** The Internet protocol's number. */
export const IPPROTO_SCTP = 132;

/** Of the common header, in bytes from its start. */
export const commonHeader = { size: 12, sourcePort: 0, destinationPort: 2, tag: 4, checksum: 8 };

/** Of every chunk; the length counts the header, and not the padding to a multiple of four bytes. */
export const chunkHeader = { size: 4, type: 0, flags: 1, length: 2 };

/** INIT and INIT ACK: fixed part with the chunk's header, and the tag that the sender wants to be called by. */
export const initChunk = { size: 20, initiateTag: 4 };

/** Of every parameter of INIT and INIT ACK. */
export const parameterHeader = { size: 4, type: 0, length: 2 };

/** Bytes of a chunk before the user's data. I-DATA: RFC 8260, section 2.1. */
export const dataHeaderBytes = 16;
export const iDataHeaderBytes = 20;

export const chunkType = {
  data: 0,
  init: 1,
  initAck: 2,
  sack: 3,
  heartbeat: 4,
  heartbeatAck: 5,
  abort: 6,
  shutdown: 7,
  shutdownAck: 8,
  error: 9,
  cookieEcho: 10,
  cookieAck: 11,
  shutdownComplete: 14,
  /** RFC 4895: authenticates what follows it in its packet. */
  auth: 15,
  /** RFC 8260. */
  iData: 64,
  /** RFC 5061: address configuration. */
  asconfAck: 0x80,
  /**
   * Kept back for larger chunk types that were never made (RFC 9260, section 15.1), hence known to nobody: passed over
   * without a word, by its two highest bits.
   */
  unknown: 0xbf,
  asconf: 0xc1,
} as const;

/** Flag of ABORT and SHUTDOWN COMPLETE: the tag is the receiver's own, sent back (RFC 9260, section 8.5.1). */
export const reflectedTag = 1;

export const parameterType = {
  ipv4Address: 5,
  ipv6Address: 6,
  cookie: 7,
  hostName: 11,
  /** RFC 9260, appendix A: packets may be marked instead of dropped. */
  ecnCapable: 0x8000,
  /** RFC 5061, section 4.2. */
  supportedExtensions: 0x8008,
  addIp: 0xc001,
  deleteIp: 0xc002,
  setPrimary: 0xc004,
} as const;

/** Chunks, parameters and causes begin at multiples of four bytes. */
export function padded(length: number): number {
  return (length + 3) & ~3;
}

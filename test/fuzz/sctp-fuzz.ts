// test/fuzz/sctp-fuzz.ts: throws mutated packets at the relay: strangers' ones, spoofed ones, ones with the right tag in any
// state of an association, and ICMP errors. Some associations are left alone, and must not notice any of it.
import { seal } from '../../lib/dataplane/sctp/wire/answers.js';
import { type IpWords, ipWords } from '../../lib/dataplane/sctp/wire/ip-words.js';
import { chunk, data, init, parameter, types } from '../support/sctp-packets.js';
import { anyChunk, mutate } from './mutate.js';
import { maxHalfOpen, proxyPort, QuietNetwork, type QuietSent } from './quiet-network.js';
import { Random } from './random.js';

export interface FuzzResult {
  readonly packets: number;
  /** What the relay threw: it would have been a fault, or the end of its thread. */
  readonly faults: readonly string[];
  /** The longest that one packet took, in milliseconds. */
  readonly slowestMs: number;
  /** Messages of the associations left alone that did not arrive as they were sent. */
  readonly disturbed: number;
  readonly totals: ReturnType<QuietNetwork['totals']>;
}

interface Association {
  readonly client: IpWords;
  readonly clientPort: number;
  readonly local: IpWords;
  readonly endpoint: IpWords;
  readonly relayPort: number;
  readonly clientTag: number;
  readonly endpointTag: number;
}

const endpointPort = 7;
const locals = [ipWords('10.0.0.2'), ipWords('fd00::2')] as const;
const clients = [ipWords('10.0.0.1'), ipWords('fd00::1')] as const;
const endpoints = ['10.0.1.1', '10.0.1.2', '10.0.1.3'].map((ip) => ({ ip, port: endpointPort }));
const endpoints6 = ['fd00:1::1', 'fd00:1::2'].map((ip) => ({ ip, port: endpointPort }));
const checkEvery = 2000;
const leftAlone = 20;

export function fuzzSctp({ seed, packets }: { readonly seed: number; readonly packets: number }): FuzzResult {
  const random = new Random(seed);
  const network = new QuietNetwork(random, endpoints, endpoints6);
  const faults: string[] = [];
  const live = Array.from({ length: leftAlone }, (_, index) =>
    connect(network, 1000 + index, index % 2, 0x4000_0000),
  );
  let victims: (Association | undefined)[] = [];
  let disturbed = 0;
  for (let index = 0; index < packets; index++) {
    if (index % 500 === 0) {
      for (const old of victims) end(network, old);
      victims = Array.from({ length: 8 }, (_, each) => victim(network, random, each));
    }
    let last = '';
    try {
      last = attack(network, random, victims[random.below(victims.length)], random.pick(live));
      if (random.chance(0.01)) network.advance(random.below(500));
    } catch (error) {
      faults.push(`packet ${index}: ${error instanceof Error ? error.stack : String(error)} ${last}`);
      if (faults.length >= 10) break;
    }
    if (index % checkEvery === 0)
      disturbed += live.filter((association) => !passes(network, association)).length;
  }
  disturbed += live.filter((association) => !passes(network, association)).length;
  const totals = network.totals();
  if (totals.halfOpen > maxHalfOpen) faults.push(`${totals.halfOpen} flows are half open`);
  return { packets, faults, slowestMs: network.slowestMs, disturbed, totals };
}

function sealed(source: number, destination: number, tag: number, chunks: Buffer): Buffer {
  const bytes = Buffer.concat([Buffer.alloc(12), chunks]);
  bytes.writeUInt16BE(source, 0);
  bytes.writeUInt16BE(destination, 2);
  bytes.writeUInt32BE(tag >>> 0, 4);
  seal(bytes, 0, bytes.length);
  return bytes;
}

function only(sent: readonly QuietSent[]): QuietSent {
  const [packet] = sent;
  if (packet === undefined) throw new Error('a packet of the handshake does not get through');
  return packet;
}

function connect(network: QuietNetwork, clientPort: number, family: number, tagBase: number): Association {
  const [client, local] = [clients[family] ?? clients[0], locals[family] ?? locals[0]];
  const clientTag = tagBase + clientPort;
  const endpointTag = tagBase + 0x1000_0000 + clientPort;
  network.isReliable = true;
  const fromClient = (tag: number, chunks: Buffer) =>
    network.arrive(client, local, sealed(clientPort, proxyPort, tag, chunks));
  const sent = only(fromClient(0, init(clientTag)));
  const relayPort = sent.bytes.readUInt16BE(0);
  const endpoint = sent.peer.slice();
  const fromEndpoint = (chunks: Buffer) =>
    network.arrive(endpoint, local, sealed(endpointPort, relayPort, clientTag, chunks));
  only(fromEndpoint(init(endpointTag, [parameter(7, Buffer.from('cookie'))], types.initAck)));
  only(fromClient(endpointTag, chunk(types.cookieEcho)));
  only(fromEndpoint(chunk(types.cookieAck)));
  network.isReliable = false;
  return { client, local, clientPort, endpoint, relayPort, clientTag, endpointTag };
}

/** One that may be killed; undefined where the flood left no way for it. */
function victim(network: QuietNetwork, random: Random, index: number): Association | undefined {
  try {
    return connect(network, 30_000 + random.below(20_000), index % 2, 0x1000_0000);
  } catch {
    network.isReliable = false;
    return undefined;
  }
}

/** The table would be full of them else. */
function end(network: QuietNetwork, association: Association | undefined): void {
  if (association === undefined) return;
  const { client, local, clientPort, endpointTag } = association;
  network.arrive(client, local, sealed(clientPort, proxyPort, endpointTag, chunk(types.abort)));
}

/** A message passes both ways, unchanged but for ports and checksum. */
function passes(network: QuietNetwork, association: Association): boolean {
  const { client, local, clientPort, endpoint, relayPort, clientTag, endpointTag } = association;
  const message = data('undisturbed', network.nowMs);
  network.isReliable = true;
  const there = network.arrive(client, local, sealed(clientPort, proxyPort, endpointTag, message));
  const isThere = arrived(there, sealed(relayPort, endpointPort, endpointTag, message));
  const back = network.arrive(endpoint, local, sealed(endpointPort, relayPort, clientTag, message));
  network.isReliable = false;
  return isThere && arrived(back, sealed(proxyPort, clientPort, clientTag, message));
}

function arrived(sent: readonly QuietSent[], expected: Buffer): boolean {
  return sent.length === 1 && sent[0]?.bytes.equals(expected) === true;
}

/** Sends one packet that means no good; what it was, in hex. */
function attack(
  network: QuietNetwork,
  random: Random,
  target: Association | undefined,
  bystander: Association,
): string {
  const family = random.below(2);
  const local = locals[family] ?? locals[0];
  const count = random.pick([1, 1, 1, 2, 3]);
  const tagOffered = random.chance(0.9) ? 0x2000_0000 + random.below(1000) : 0;
  const chunks = Buffer.concat(
    Array.from({ length: count }, () => mutate(random, anyChunk(random, tagOffered))),
  );
  const role = random.next();
  // A tag of theirs would be no attack but the real thing: strangers have to guess.
  const guessed = random.pick([0, 0, 1, 0x2000_0000 + random.below(1000), random.below(0x1000_0000)]);
  let source = clients[family] ?? clients[0];
  let destination = local;
  let ports: readonly [number, number] = [50_000 + random.below(10_000), proxyPort];
  let tag = guessed;
  if (role < 0.3 && target !== undefined) {
    source = target.client;
    destination = target.local;
    ports = [target.clientPort, proxyPort];
    tag = random.pick([target.endpointTag, target.endpointTag, target.clientTag, guessed]);
  } else if (role < 0.6 && target !== undefined) {
    source = target.endpoint;
    destination = target.local;
    ports = [endpointPort, target.relayPort];
    tag = random.pick([target.clientTag, target.clientTag, target.endpointTag, guessed]);
  } else if (role < 0.75) {
    const fromClient = random.chance(0.5);
    source = fromClient ? bystander.client : bystander.endpoint;
    destination = bystander.local;
    ports = fromClient ? [bystander.clientPort, proxyPort] : [endpointPort, bystander.relayPort];
    if (tag === bystander.clientTag || tag === bystander.endpointTag) tag = 1;
  } else if (role < 0.8) {
    ports = [random.below(65_536), 20_000 + random.below(10_000)];
  }
  let bytes = sealed(...ports, tag, chunks);
  if (random.chance(0.05)) bytes.writeUInt32LE(random.chance(0.5) ? 0 : random.below(2 ** 32), 8);
  // Whatever is left of the header after this, no live association's tag is in it.
  if (random.chance(0.03)) bytes = mutate(random, bytes.subarray(0, 4 + random.below(bytes.length)));
  if (role > 0.95) network.arriveIcmp(local, mutate(random, quote(random, bytes, local)));
  else network.arrive(source, destination, bytes);
  return bytes.toString('hex');
}

/** An ICMP error about a packet that we may have sent. */
function quote(random: Random, sctp: Buffer, local: IpWords): Buffer {
  const isV4 = local === locals[0];
  const header = Buffer.alloc(isV4 ? 20 : 40);
  header[0] = isV4 ? 0x45 : 0x60;
  header[isV4 ? 9 : 6] = 132;
  header.set(random.bytes(8), isV4 ? 12 : 8);
  const head = Buffer.of(isV4 ? 3 : random.pick([1, 2]), random.below(6), 0, 0, 0, 0, 5, random.below(256));
  return Buffer.concat([head, header, sctp.subarray(0, 40)]);
}

// dataplane/sctp/relay/leg-table.ts: finds the leg that a packet belongs to, by both addresses and ports. A hash table
// of its own: a Map would want a string for each packet. Strangers choose what is hashed, hence the secret.
import { type IpWords, sameIp } from '../wire/ip-words.js';
import type { Leg, LegEnds } from './leg.js';

export class LegTable<Owner> {
  readonly #buckets: (Leg<Owner> | undefined)[];
  readonly #mask: number;
  readonly #secret: number;
  #size = 0;

  /** @param capacity how many legs are expected at most @param secret any number, different each time */
  constructor(capacity: number, secret: number) {
    const buckets = 2 ** Math.max(4, Math.ceil(Math.log2(capacity)));
    this.#buckets = Array.from({ length: buckets }, () => undefined);
    this.#mask = buckets - 1;
    this.#secret = secret | 0;
  }

  get size(): number {
    return this.#size;
  }

  find(peer: IpWords, peerPort: number, local: IpWords, localPort: number): Leg<Owner> | undefined {
    let leg = this.#buckets[this.#hash(peer, peerPort, local, localPort)];
    while (leg !== undefined && !isBetween(leg, peer, peerPort, local, localPort)) leg = leg.next;
    return leg;
  }

  /** It must not be there yet. */
  add(leg: Leg<Owner>): void {
    const bucket = this.#hash(leg.peer, leg.peerPort, leg.local, leg.localPort);
    leg.next = this.#buckets[bucket];
    this.#buckets[bucket] = leg;
    this.#size++;
  }

  /** It must be there. */
  remove(leg: Leg<Owner>): void {
    const bucket = this.#hash(leg.peer, leg.peerPort, leg.local, leg.localPort);
    let before: Leg<Owner> | undefined;
    let here = this.#buckets[bucket];
    while (here !== leg && here !== undefined) {
      before = here;
      here = here.next;
    }
    if (here === undefined) throw new Error('a leg was removed that is not in the table');
    if (before === undefined) this.#buckets[bucket] = leg.next;
    else before.next = leg.next;
    leg.next = undefined;
    this.#size--;
  }

  /** Mixes as MurmurHash3 does (Appleby). */
  #hash(peer: IpWords, peerPort: number, local: IpWords, localPort: number): number {
    let hash = this.#secret;
    for (let word = 0; word < 4; word++) hash = mix(hash, peer[word] ?? 0);
    for (let word = 0; word < 4; word++) hash = mix(hash, local[word] ?? 0);
    hash = mix(hash, (peerPort << 16) | localPort);
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    return (hash ^ (hash >>> 16)) & this.#mask;
  }
}

function mix(hash: number, word: number): number {
  let key = Math.imul(word, 0xcc9e2d51);
  key = Math.imul((key << 15) | (key >>> 17), 0x1b873593);
  const mixed = hash ^ key;
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function isBetween(
  leg: LegEnds,
  peer: IpWords,
  peerPort: number,
  local: IpWords,
  localPort: number,
): boolean {
  return (
    leg.peerPort === peerPort &&
    leg.localPort === localPort &&
    sameIp(leg.peer, peer) &&
    sameIp(leg.local, local)
  );
}

// dataplane/sctp/relay/handshake.ts: the tags of an association that is coming up, or being restarted, as the packets of
// the handshake tell them. Each INIT ACK may bring another tag of the endpoint (RFC 9260, section 5.1): the client
// takes the first that it gets, and its COOKIE ECHO says which.

/** As many as a client sends INITs (Max.Init.Retransmits, RFC 9260, section 16). */
const mostOffers = 8;

export class Handshake {
  /** What the client wants to be called. */
  readonly clientTag: number;
  readonly startedMs: number;
  /** How many INITs there were. */
  inits = 1;
  /** The tag in the client's COOKIE ECHO; 0: there was none yet. */
  echoedTag = 0;
  /** The endpoint's, the last ones. */
  readonly #offered: number[] = [];

  constructor(clientTag: number, nowMs: number) {
    this.clientTag = clientTag;
    this.startedMs = nowMs;
  }

  /** The endpoint has answered. */
  get isAnswered(): boolean {
    return this.#offered.length > 0;
  }

  /** The tag to call the endpoint by, for what it can know; 0: none. */
  get endpointTag(): number {
    return this.echoedTag || (this.#offered.at(-1) ?? 0);
  }

  offer(endpointTag: number): void {
    if (this.#offered.includes(endpointTag)) return;
    if (this.#offered.length === mostOffers) this.#offered.shift();
    this.#offered.push(endpointTag);
  }

  hasOffered(endpointTag: number): boolean {
    return this.#offered.includes(endpointTag);
  }
}

// dataplane/sctp/relay/options.ts: what the relay can be told, and its defaults. Plain data: it is sent to the thread.

export interface PortRange {
  /** Both inclusive. */
  readonly first: number;
  readonly last: number;
}

export interface RelayOptions {
  /**
   * Ports from which the relay talks to endpoints, one for each association with an endpoint: nobody else in the network
   * namespace may use them for SCTP.
   * @default 20000-29999, which is outside of the kernel's ephemeral ports and of node ports
   */
  readonly relayPorts: PortRange;
  /** How long one endpoint may take to answer an INIT before the next one is tried. @default 1000 */
  readonly tryTimeoutMs: number;
  /** How long an association may take to come up, all endpoints together. @default 15000 */
  readonly halfOpenTimeoutMs: number;
  /** How long a closed association is remembered, for what is still under way. @default 3000 */
  readonly closedTimeoutMs: number;
  /** Without a packet; peers send heartbeats every 30 s unless told otherwise. @default 3600000 */
  readonly idleTimeoutMs: number;
  /** Associations in all, half open and closed ones included. @default 65536 */
  readonly maxFlows: number;
  /** When there are more, the oldest of them has to go. @default 4096 */
  readonly maxHalfOpen: number;
  /** How long an endpoint that did not answer is tried last, in milliseconds; 0: never. */
  readonly endpointSetAsideMs: number;
  /** See BalancerOptions. @default 0 */
  readonly firstTurn: number;
  /**
   * What becomes of the associations of a listener that closes. keep: they go on until they end, as TCP connections do;
   * abort: both sides are told.
   * @default 'keep'
   */
  readonly whenClosed: 'keep' | 'abort';
}

export const defaultRelayOptions: Omit<RelayOptions, 'endpointSetAsideMs'> = {
  relayPorts: { first: 20_000, last: 29_999 },
  tryTimeoutMs: 1000,
  halfOpenTimeoutMs: 15_000,
  closedTimeoutMs: 3000,
  idleTimeoutMs: 3_600_000,
  maxFlows: 65_536,
  maxHalfOpen: 4096,
  firstTurn: 0,
  whenClosed: 'keep',
};

// bench/soak/scenes.ts: PURE. What happens on one TCP connection: who sends how much, who ends first and how.

export interface Scene {
  readonly name: string;
  readonly clientBytes: number;
  readonly endpointBytes: number;
  /**
   * - together: both send and end at once
   * - client, endpoint: it sends and ends; the other one sends only when it has seen that end
   * - requests: message by message, each answered; then the client ends
   */
  readonly order: 'together' | 'client' | 'endpoint' | 'requests';
  /** Reads a piece and rests. */
  readonly slow?: 'client' | 'endpoint';
  /** Cuts the connection when it has sent half of its bytes; `early`: the client, as soon as it is connected. */
  readonly reset?: 'client' | 'endpoint' | 'early';
}

/** Bytes of one message of `requests`. */
export const messageBytes = 200;

/** All end cleanly, every byte arrives. */
export const cleanScenes: readonly Scene[] = [
  { name: 'nothing', clientBytes: 0, endpointBytes: 0, order: 'together' },
  { name: 'answer alone', clientBytes: 0, endpointBytes: 5000, order: 'endpoint' },
  { name: 'small, together', clientBytes: 700, endpointBytes: 90, order: 'together' },
  { name: 'small, client first', clientBytes: 700, endpointBytes: 90, order: 'client' },
  { name: 'small, endpoint first', clientBytes: 700, endpointBytes: 90, order: 'endpoint' },
  { name: 'large, together', clientBytes: 3_000_000, endpointBytes: 2_000_000, order: 'together' },
  { name: 'large, client first', clientBytes: 2_500_000, endpointBytes: 100, order: 'client' },
  { name: 'large, endpoint first', clientBytes: 100, endpointBytes: 2_500_000, order: 'endpoint' },
  { name: 'slow client', clientBytes: 10, endpointBytes: 4_000_000, order: 'together', slow: 'client' },
  { name: 'slow endpoint', clientBytes: 4_000_000, endpointBytes: 10, order: 'together', slow: 'endpoint' },
  {
    name: 'requests',
    clientBytes: 20 * messageBytes,
    endpointBytes: 20 * messageBytes,
    order: 'requests',
  },
];

export const cutScenes: readonly Scene[] = [
  { name: 'client resets', clientBytes: 300_000, endpointBytes: 300_000, order: 'together', reset: 'client' },
  { name: 'client resets soon', clientBytes: 10, endpointBytes: 10, order: 'together', reset: 'client' },
  { name: 'client resets at once', clientBytes: 0, endpointBytes: 0, order: 'together', reset: 'early' },
  {
    name: 'endpoint resets',
    clientBytes: 300_000,
    endpointBytes: 300_000,
    order: 'together',
    reset: 'endpoint',
  },
  { name: 'endpoint resets soon', clientBytes: 10, endpointBytes: 10, order: 'together', reset: 'endpoint' },
];

/** What a client says first, so that the endpoint knows its part. */
export const headerBytes = 4;

// bench/data-plane/tool-output.ts: PURE. What wrk and iperf3 print, as numbers.

export interface WrkResult {
  readonly requests: number;
  readonly seconds: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Connections and requests that failed; answers other than 200. */
  readonly errors: number;
}

/** For `wrk --script`: its own text rounds the latencies. Prints one line that readWrk() finds. */
export const wrkScriptText = `done = function(summary, latency)
  local e = summary.errors
  print(string.format("RESULT %d %d %d %d %d", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
`;

export function readWrk(output: string): WrkResult {
  const found = /^RESULT (\d+) (\d+) (\d+) (\d+) (\d+)$/m.exec(output);
  if (found === null) throw new Error(`wrk printed no result: ${output}`);
  const [requests = 0, durationUs = 0, p50Us = 0, p99Us = 0, errors = 0] = found.slice(1).map(Number);
  return { requests, seconds: durationUs / 1e6, p50Us, p99Us, errors };
}

export interface IperfResult {
  /** That arrived. */
  readonly bytes: number;
  readonly seconds: number;
}

/** Of `iperf3 --json`. Throws with iperf3's own words where it failed. */
export function readIperf(output: string): IperfResult {
  const result = JSON.parse(output) as {
    readonly error?: string;
    readonly end?: { readonly sum_received?: IperfResult };
  };
  const received = result.end?.sum_received;
  if (result.error !== undefined || received === undefined)
    throw new Error(`iperf3: ${result.error ?? 'no sum_received'}`);
  return { bytes: received.bytes, seconds: received.seconds };
}

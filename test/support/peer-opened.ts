// test/support/peer-opened.ts: what a peer holds open for its test, whatever the protocol, and the errors of waiting.
import { isIPv6 } from 'node:net';

export interface Opened {
  readonly port: number;
  readonly localAddress: string;
  /** What a TCP server greeted us with: its name. */
  readonly text?: string;
  exchange?(payload: string, timeoutMs: number): Promise<string>;
  finish?(timeoutMs: number, payload?: string): Promise<string>;
  clients?(): readonly string[];
  close(): Promise<void>;
}

/** `10.0.0.1:80`, `[fd00::1]:80`. */
export function hostPort(address: string | undefined, port: number | undefined): string {
  return isIPv6(address ?? '') ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Settles as `work` does, or fails with ETIMEDOUT. */
export function within<T>(timeoutMs: number, what: string, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(Object.assign(new Error(`${what}: nothing for ${timeoutMs} ms`), { code: 'ETIMEDOUT' }));
    }, timeoutMs);
    work.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

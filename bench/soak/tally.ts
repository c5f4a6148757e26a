// bench/soak/tally.ts: what clients and endpoints have seen, to be compared with what the data plane has counted.
import type { StreamCheck } from './payload.js';

export class Tally {
  /** TCP connections that were established; UDP clients that were answered. */
  connected = 0;
  /** Every byte arrived, both ends clean. */
  clean = 0;
  /** Cut, as their scene wants it. */
  cutByClient = 0;
  cutByEndpoint = 0;
  /** Reset by the data plane, where there may be no endpoint. */
  refused = 0;
  /** In the clean ones, headers included. */
  clientBytes = 0;
  endpointBytes = 0;
  readonly #faults: string[] = [];
  faultCount = 0;

  /** Of the first few. */
  get faults(): readonly string[] {
    return this.#faults;
  }

  fault(text: string): void {
    this.faultCount++;
    if (this.#faults.length < 20) this.#faults.push(text);
  }

  expectWhole(what: string, check: StreamCheck, bytes: number): void {
    this.expectRight(what, check);
    if (check.bytes !== bytes) this.fault(`${what}: ${check.bytes} of ${bytes} bytes came`);
  }

  expectRight(what: string, check: StreamCheck): void {
    if (check.wrongAt !== undefined) this.fault(`${what}: wrong bytes from ${check.wrongAt} on`);
  }
}

// dataplane/linux/self-test/scratch.ts: what the parts of the self-test share: descriptors that are closed when it is
// over, and errors that say what does not fit.
import { Descriptors } from '../../native/descriptors.js';
import { check } from '../../native/system-error.js';

export class Scratch {
  readonly #descriptors = new Descriptors(1, undefined);
  readonly #open: number[] = [];

  /** The descriptor that `call` returned. Throws SystemError where it returned errno, negated. */
  keep(result: number, call: string): number {
    check(result, call, 'for the self-test');
    this.#open.push(result);
    return result;
  }

  close(): void {
    for (const fd of this.#open.splice(0)) this.#descriptors.close(fd);
  }
}

/** `result` itself; throws SystemError where it is errno, negated. */
export function succeed(result: number, call: string): number {
  return check(result, call, 'for the self-test');
}

export function expect(holds: boolean, what: string): void {
  if (!holds) throw new Error(`self-test: ${what}`);
}

export function expectEqual(what: string, found: string, wanted: string): void {
  expect(found === wanted, `${what} differs: ${found} instead of ${wanted}`);
}

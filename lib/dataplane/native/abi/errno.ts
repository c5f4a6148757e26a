// dataplane/native/abi/errno.ts: error numbers and what they mean to a data plane. Calls return them negated
// (`-EAGAIN`); callers ask the predicates here, with that negative number, wherever more than one number means it.
import { constants } from 'node:os';
import { localAddressTroubles, refusals, shortages } from '../../errno.js';

/** <errno.h>, as Node itself was compiled with it. */
export const { EAGAIN, EADDRINUSE, EBADF, EINPROGRESS, EINTR, EINVAL, EMFILE, ENFILE, EPERM } =
  constants.errno;

/** <asm-generic/errno.h>: not among the numbers that Node knows. */
const known: Readonly<Record<string, number>> = { ...constants.errno, EHOSTDOWN: 112 };

/** As calls return them. */
function numbersOf(names: readonly string[]): ReadonlySet<number> {
  return new Set(
    names.map((name) => {
      const errno = known[name];
      if (errno === undefined) throw new Error(`the number of ${name} is not known`);
      return -errno;
    }),
  );
}

const shortageNumbers = numbersOf(shortages);
const localAddressTroubleNumbers = numbersOf(localAddressTroubles);
const refusalNumbers = numbersOf(refusals);

/** As ../../errno.ts has it, and so are the next two. */
export function isShortage(result: number): boolean {
  return shortageNumbers.has(result);
}

export function isLocalAddressTrouble(result: number): boolean {
  return localAddressTroubleNumbers.has(result);
}

export function isRefusal(result: number): boolean {
  return refusalNumbers.has(result);
}

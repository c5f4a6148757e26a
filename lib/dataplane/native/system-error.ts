// dataplane/native/system-error.ts: a failed system call as an error: its name, what it was called on, and why it failed.
import { getSystemErrorName } from 'node:util';

/** `code` is errno's name (`EADDRINUSE`), as in Node's own errors. */
export class SystemError extends Error {
  override readonly name = 'SystemError';
  readonly code: string;
  readonly syscall: string;

  /** @param result what the call returned: errno, negated */
  constructor(syscall: string, object: string, result: number) {
    const code = errnoName(result);
    super(`${syscall} ${object}: ${code}`);
    this.code = code;
    this.syscall = syscall;
  }
}

/** `result` itself unless it is an error; throws SystemError then. */
export function check(result: number, syscall: string, object: string): number {
  if (result < 0) throw new SystemError(syscall, object, result);
  return result;
}

/** libuv's numbers are Linux's; one that it does not know is written as it is: `errno 133`. */
function errnoName(result: number): string {
  const name = getSystemErrorName(result);
  return /^E[A-Z0-9]+$/.test(name) ? name : `errno ${-result}`;
}

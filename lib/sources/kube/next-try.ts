// sources/kube/next-try.ts: what to do after a list or a watch failed. Pure.
import {
  ApiStatusError,
  isBadRequest,
  isExpired,
  isTooLargeResourceVersion,
  MalformedAnswerError,
} from './api-error.js';

/** How to go on; the resourceVersion that was reached is good for `watch` only. */
export type NextTry = 'watch' | 'list' | 'list-without-field-selector';

export interface Failure {
  readonly attempted: 'list' | 'watch';
  /** The request bore a field selector that can be done without. */
  readonly fieldSelectorOptional: boolean;
  /** Watches that failed since one stood, this one included. */
  readonly failedWatches: number;
}

/** A server that refuses a watch so often may do so because of its resourceVersion. */
const maxRefusedWatches = 5;

export function nextTry(error: unknown, failure: Failure): NextTry {
  if (isBadRequest(error) && failure.fieldSelectorOptional) return 'list-without-field-selector';
  if (failure.attempted === 'list') return 'list';
  // The history from our resourceVersion is gone, or is not that of this server.
  if (isExpired(error) || isTooLargeResourceVersion(error)) return 'list';
  // A line was lost.
  if (error instanceof MalformedAnswerError) return 'list';
  // The connection broke or can't be made: the resourceVersion is as good as before.
  if (!(error instanceof ApiStatusError)) return 'watch';
  if (error.status === 429) return 'watch';
  // An accepted watch that fails by itself may fail at the same event again.
  if (error.origin === 'event') return 'list';
  const transient = error.status === 401 || error.status === 403 || error.status >= 500;
  return transient && failure.failedWatches < maxRefusedWatches ? 'watch' : 'list';
}

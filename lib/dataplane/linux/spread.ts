// dataplane/linux/spread.ts: which thread an established connection is best relayed by, and how many may move at a time.
// Pure. A hand-over costs two wake-ups, and one busy thread does more per wake-up than two half idle ones: a connection
// moves only where its thread is busy and another one is not.

/** Per mille of a thread's time by which another one must be less busy. */
const leastDifference = 250;

/**
 * @param own the thread that relays it now
 * @param loads per mille of its time that each thread works
 * @param busy a thread with less load than this, per mille, keeps its connections; 0: they are spread evenly
 * @param relays how many connections were handed to each thread
 */
export function chooseThread(
  own: number,
  loads: readonly number[],
  busy: number,
  relays: readonly number[],
): number {
  if (busy === 0) return leastOf(relays);
  const ownLoad = loads[own] ?? 0;
  if (ownLoad < busy) return own;
  const least = leastOf(loads);
  return ownLoad - (loads[least] ?? 0) >= leastDifference ? least : own;
}

/**
 * How many of a thread's connections may move before loads are measured anew: half of what would make it and the least
 * busy thread even, at least one. All of them are as willing to move at any one time: without a bound they would all
 * leave at once, and make the other thread as busy as theirs was.
 * @param working connections that had something to do since the last time
 */
export function mostMoves(own: number, loads: readonly number[], working: number): number {
  const ownLoad = loads[own] ?? 0;
  if (ownLoad === 0) return 0;
  const surplus = (ownLoad - Math.min(...loads)) / 2;
  return Math.max(1, Math.floor((working * surplus) / ownLoad / 2));
}

/** The first of the least. */
function leastOf(values: readonly number[]): number {
  return values.reduce((best, value, index) => (value < (values[best] ?? value) ? index : best), 0);
}

// proxier/listener-numbers.ts: PURE. What listeners have counted, added up, as plain numbers that JSON can carry.
import type { Listener } from './data-plane.js';

/** Since the listeners were opened; `open` is now. */
export interface ListenerNumbers {
  readonly open: number;
  readonly opened: number;
  /** Whatever the reason. */
  readonly failed: number;
  readonly rxBytes: number;
  readonly txBytes: number;
}

export function listenerNumbers(listeners: Iterable<Pick<Listener, 'counters'>>): ListenerNumbers {
  const sum = { open: 0, opened: 0, failed: 0, rxBytes: 0, txBytes: 0 };
  for (const listener of listeners) {
    const { open, opened, failed, rxBytes, txBytes } = listener.counters();
    sum.open += open;
    sum.opened += opened;
    for (const count of Object.values(failed)) sum.failed += count;
    sum.rxBytes += rxBytes;
    sum.txBytes += txBytes;
  }
  return sum;
}

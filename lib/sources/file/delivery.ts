// sources/file/delivery.ts: hands to the SourceHandler what differs between what it was given and what is in force.
import { refOf } from '../../model/kube-objects.js';
import type { Clock } from '../../proxier/clock.js';
import type { Log } from '../../proxier/log.js';
import { createPause } from '../../proxier/pause.js';
import type { SourceHandler } from '../../proxier/source.js';
import { type Held, objectOf } from './decode.js';
import { changesBetween } from './merge.js';

export interface DeliveryOptions {
  readonly handler: SourceHandler;
  readonly log: Log;
  readonly clock: Clock;
  /** Asked after each object; true ends the work. */
  readonly isStopped: () => boolean;
}

export interface Delivery {
  /**
   * One call at a time, with gaps for the event loop. Never rejects. `isWriting`: some file is being written; what left
   * another one may be in it, so removals are held back for up to a second. (A ConfigMap whose keys were renamed is one
   * removed file and one fresh one.)
   */
  deliver(inForce: ReadonlyMap<string, Held>, isWriting: boolean): Promise<void>;
}

const maxHeldBackMs = 1000;
const sliceMs = 5;

export function createDelivery({ handler, log, clock, isStopped }: DeliveryOptions): Delivery {
  let delivered: ReadonlyMap<string, Held> = new Map();
  let heldBackSinceMs: number | undefined;

  function isHeldBack(removals: readonly Held[], isWriting: boolean): boolean {
    if (removals.length === 0 || !isWriting) {
      heldBackSinceMs = undefined;
      return false;
    }
    heldBackSinceMs ??= clock.monotonic();
    return clock.monotonic() - heldBackSinceMs < maxHeldBackMs;
  }

  function hand(held: Held, call: () => void): void {
    try {
      call();
    } catch (error) {
      log.error({ object: held.key, err: error }, 'the handler of this object failed');
    }
  }

  return {
    async deliver(inForce, isWriting) {
      if (inForce === delivered) return;
      const { upserts, removals } = changesBetween(delivered, inForce);
      const stay = isHeldBack(removals, isWriting);
      delivered = stay
        ? new Map([...inForce, ...removals.map((held) => [held.key, held] as const)])
        : inForce;
      const leave = stay ? [] : removals;
      if (upserts.length + leave.length === 0) return;
      log.debug({ upserts: upserts.length, removals: leave.length }, 'manifests changed');
      const pause = createPause(sliceMs);
      for (const held of upserts) {
        hand(held, () => handler.upsert(objectOf(held)));
        await pause();
        if (isStopped()) return;
      }
      for (const held of leave) {
        hand(held, () => handler.remove(refOf(objectOf(held))));
        await pause();
        if (isStopped()) return;
      }
    },
  };
}

// dataplane/sctp/relay/counters.ts: what the relay counts, in memory that the main thread reads whenever it likes. Each
// number has one writer.
import type { SctpTotals } from '../../../proxier/sctp-relay.js';
import { blockLength, type CounterBlock } from '../../native/counter-block.js';

/** Of one listener: the linux data plane's block, and the packets of either direction behind it. */
export type ListenerBlock = CounterBlock;

export const rxPackets = blockLength;
export const txPackets = blockLength + 1;
const listenerBlockLength = blockLength + 2;

export function createListenerBlock(): SharedArrayBuffer {
  return new SharedArrayBuffer(listenerBlockLength * Float64Array.BYTES_PER_ELEMENT);
}

export type { SctpTotals };

export type TotalName = keyof SctpTotals;

const names = [
  'flows',
  'halfOpen',
  'open',
  'badChecksum',
  'malformed',
  'outOfTheBlue',
  'wrongTag',
  'refusedOverload',
  'cut',
  'fragmented',
  'toldTooBig',
  'sendFailed',
] as const satisfies readonly TotalName[];

export function createTotals(): SharedArrayBuffer {
  return new SharedArrayBuffer(names.length * Float64Array.BYTES_PER_ELEMENT);
}

export function readTotals(memory: SharedArrayBuffer): SctpTotals {
  const numbers = new Float64Array(memory);
  const at = (name: TotalName): number => numbers[names.indexOf(name)] ?? 0;
  return {
    flows: at('flows'),
    halfOpen: at('halfOpen'),
    open: at('open'),
    badChecksum: at('badChecksum'),
    malformed: at('malformed'),
    outOfTheBlue: at('outOfTheBlue'),
    wrongTag: at('wrongTag'),
    refusedOverload: at('refusedOverload'),
    cut: at('cut'),
    fragmented: at('fragmented'),
    toldTooBig: at('toldTooBig'),
    sendFailed: at('sendFailed'),
  };
}

export class Totals {
  readonly #numbers: Float64Array;

  constructor(memory: SharedArrayBuffer) {
    this.#numbers = new Float64Array(memory);
  }

  count(name: TotalName): void {
    const at = names.indexOf(name);
    this.#numbers[at] = (this.#numbers[at] ?? 0) + 1;
  }

  set(name: TotalName, value: number): void {
    this.#numbers[names.indexOf(name)] = value;
  }

  get(name: TotalName): number {
    return this.#numbers[names.indexOf(name)] ?? 0;
  }
}

// http/service-totals.ts: adds up the counters of all listeners of a ServicePort (IP families, internal and external),
// and keeps them from going backwards when a listener is replaced.

import { formatServicePortName, type ServicePortName } from '../model/service-port-name.js';
import type { ConnectionFailure, Listener, ListenerCounters } from '../proxier/data-plane.js';

/** As ListenerCounters, for one ServicePortName. */
export interface ServiceTotals {
  readonly name: ServicePortName;
  opened: number;
  open: number;
  readonly failed: Map<ConnectionFailure, number>;
  rxBytes: number;
  txBytes: number;
  /** Of SCTP; 0 else. */
  rxPackets: number;
  txPackets: number;
  readonly picks: Map<string, number>;
  dialCount: number;
  dialSum: number;
  readonly dialBuckets: number[];
}

export interface ServiceTotalsReader {
  /**
   * Totals by ServicePort, in a stable order. A closed listener counts until its last connection has ended; what it
   * counted then stays in the totals for as long as the ServicePort has any listener. Without one the series ends,
   * and a ServicePort of the same name starts at 0 again, which Prometheus takes for a restart.
   */
  read(listeners: Iterable<Listener>): readonly ServiceTotals[];
}

export function createServiceTotals(): ServiceTotalsReader {
  /** Every listener of the last reading, with what it had counted. */
  let known = new Map<Listener, string>();
  /** What listeners that are gone had counted. */
  const bases = new Map<string, ServiceTotals>();

  return {
    read(listeners) {
      const totals = new Map<string, ServiceTotals>();
      const present = new Map<Listener, string>();
      for (const listener of listeners) {
        const key = keyOf(listener.spec.servicePortName);
        present.set(listener, key);
        add(totalsFor(totals, key, listener.spec.servicePortName), listener.counters());
      }
      for (const [listener, key] of known) {
        if (present.has(listener)) continue;
        const counters = listener.counters();
        const current = totals.get(key);
        // Still relaying what it had accepted.
        if (counters.open > 0) {
          present.set(listener, key);
          add(current ?? totalsFor(totals, key, listener.spec.servicePortName), counters);
        } else if (current) add(totalsFor(bases, key, listener.spec.servicePortName), counters);
      }
      for (const [key, base] of bases) {
        const current = totals.get(key);
        if (current) merge(current, base);
        else bases.delete(key);
      }
      known = present;
      return [...totals.values()];
    },
  };
}

function keyOf(name: ServicePortName): string {
  return `${formatServicePortName(name)}/${name.protocol}`;
}

function totalsFor(totals: Map<string, ServiceTotals>, key: string, name: ServicePortName): ServiceTotals {
  const present = totals.get(key);
  if (present) return present;
  const fresh: ServiceTotals = {
    name,
    opened: 0,
    open: 0,
    failed: new Map(),
    rxBytes: 0,
    txBytes: 0,
    rxPackets: 0,
    txPackets: 0,
    picks: new Map(),
    dialCount: 0,
    dialSum: 0,
    dialBuckets: [],
  };
  totals.set(key, fresh);
  return fresh;
}

function add(totals: ServiceTotals, counters: ListenerCounters): void {
  totals.opened += counters.opened;
  totals.open += counters.open;
  totals.rxBytes += counters.rxBytes;
  totals.txBytes += counters.txBytes;
  totals.rxPackets += counters.rxPackets ?? 0;
  totals.txPackets += counters.txPackets ?? 0;
  for (const [reason, count] of Object.entries(counters.failed)) {
    const key = reason as ConnectionFailure;
    totals.failed.set(key, (totals.failed.get(key) ?? 0) + count);
  }
  addAll(totals.picks, counters.picks);
  totals.dialCount += counters.dialSeconds.count;
  totals.dialSum += counters.dialSeconds.sum;
  addBuckets(totals.dialBuckets, counters.dialSeconds.buckets);
}

/** The gauge `open` is not part of a base: its listeners are gone. */
function merge(totals: ServiceTotals, base: ServiceTotals): void {
  totals.opened += base.opened;
  totals.rxBytes += base.rxBytes;
  totals.txBytes += base.txBytes;
  totals.rxPackets += base.rxPackets;
  totals.txPackets += base.txPackets;
  addAll(totals.failed, base.failed);
  addAll(totals.picks, base.picks);
  totals.dialCount += base.dialCount;
  totals.dialSum += base.dialSum;
  addBuckets(totals.dialBuckets, base.dialBuckets);
}

function addAll<K>(into: Map<K, number>, from: ReadonlyMap<K, number>): void {
  for (const [key, count] of from) into.set(key, (into.get(key) ?? 0) + count);
}

function addBuckets(into: number[], from: readonly number[]): void {
  from.forEach((count, i) => {
    into[i] = (into[i] ?? 0) + count;
  });
}

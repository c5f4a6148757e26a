// explain/rates.ts: PURE. What a ServicePort did between two looks, per second.
import type { ServiceRow } from '../proxier/service-rows.js';

export interface ServiceRate {
  readonly name: string;
  readonly protocol: ServiceRow['protocol'];
  readonly ipFamily: ServiceRow['ipFamily'];
  /** Per second: TCP connections, UDP clients, SCTP associations. */
  readonly opened: number;
  readonly failed: number;
  readonly rxBytes: number;
  readonly txBytes: number;
  /** Now. */
  readonly open: number;
  readonly usable: number;
}

/**
 * The busiest first: by bytes, then connections, then what is open, then the name. A ServicePort that is new, or whose
 * listeners were opened anew, begins at what it has counted: never below 0.
 */
export function serviceRates(
  before: readonly ServiceRow[],
  after: readonly ServiceRow[],
  elapsedMs: number,
): readonly ServiceRate[] {
  const known = new Map(before.map((row) => [row.key, row]));
  const rate = (now: number, then: number | undefined): number => {
    const grown = now - (then ?? 0);
    return (Math.max(0, grown) * 1000) / Math.max(1, elapsedMs);
  };
  const rates = after.map((row): ServiceRate => {
    const then = known.get(row.key);
    return {
      name: row.name,
      protocol: row.protocol,
      ipFamily: row.ipFamily,
      opened: rate(row.opened, then?.opened),
      failed: rate(row.failed, then?.failed),
      rxBytes: rate(row.rxBytes, then?.rxBytes),
      txBytes: rate(row.txBytes, then?.txBytes),
      open: row.open,
      usable: row.endpoints.usable,
    };
  });
  const bytes = ({ rxBytes, txBytes }: ServiceRate): number => rxBytes + txBytes;
  return rates.sort(
    (a, b) => bytes(b) - bytes(a) || b.opened - a.opened || b.open - a.open || (a.name < b.name ? -1 : 1),
  );
}

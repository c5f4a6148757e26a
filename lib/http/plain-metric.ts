// http/plain-metric.ts: metrics whose values live elsewhere and are read when somebody scrapes.
import { Counter, Gauge, type Registry } from 'prom-client';

/** One value, or one per label set. */
export type Reading =
  | number
  | undefined
  | readonly { readonly labels: Readonly<Record<string, string>>; readonly value: number }[];

export interface PlainMetric {
  readonly name: string;
  readonly help: string;
  /** A counter only ever grows. */
  readonly type: 'counter' | 'gauge';
  readonly labelNames?: readonly string[];
  /** undefined: there is no value yet, and no sample is shown. Must not reject: the whole scrape would fail. */
  readonly read: () => Reading | Promise<Reading>;
}

export function registerPlainMetric(registry: Registry, metric: PlainMetric): void {
  const { name, help, type, labelNames = [], read } = metric;
  const configuration = { name, help, labelNames: [...labelNames], registers: [registry] };
  if (type === 'counter') {
    new Counter({
      ...configuration,
      async collect() {
        const reading = await read();
        this.reset();
        for (const { labels, value } of samples(reading)) this.inc(labels, value);
        if (reading === undefined) this.remove();
      },
    });
    return;
  }
  new Gauge({
    ...configuration,
    async collect() {
      const reading = await read();
      this.reset();
      for (const { labels, value } of samples(reading)) this.set(labels, value);
      // One without labels that was never set shows as 0 otherwise.
      if (reading === undefined) this.remove();
    },
  });
}

function samples(reading: Reading): readonly { labels: Record<string, string>; value: number }[] {
  if (reading === undefined) return [];
  if (typeof reading === 'number') return [{ labels: {}, value: reading }];
  return reading.map(({ labels, value }) => ({ labels: { ...labels }, value }));
}

// A strict reader of Prometheus' text format 0.0.4: throws on whatever a scraper would refuse, or should.
import assert from 'node:assert/strict';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Exposition {
  readonly types: ReadonlyMap<string, string>;
  readonly samples: ReadonlyMap<string, readonly Sample[]>;
  /** The value of the only sample of `name` that has these labels; undefined without one. */
  value(name: string, labels?: Readonly<Record<string, string>>): number | undefined;
}

const suffixes: Readonly<Record<string, readonly string[]>> = {
  histogram: ['_bucket', '_sum', '_count'],
  summary: ['', '_sum', '_count'],
};

export function parseExposition(text: string): Exposition {
  assert.ok(text.endsWith('\n'), 'the last line ends');
  const types = new Map<string, string>();
  const samples = new Map<string, Sample[]>();
  const seen = new Set<string>();
  let family = '';
  for (const line of text.slice(0, -1).split('\n')) {
    if (line === '') continue;
    const help = /^# HELP ([a-zA-Z_:][\w:]*) .+$/.exec(line);
    const type = /^# TYPE ([a-zA-Z_:][\w:]*) (counter|gauge|histogram|summary|untyped)$/.exec(line);
    if (help) {
      family = help[1] ?? '';
      assert.ok(!types.has(family), `${family} comes in one piece`);
      continue;
    }
    if (type) {
      assert.equal(type[1], family, 'HELP precedes TYPE');
      types.set(family, type[2] ?? '');
      continue;
    }
    const sample =
      /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? ([-+]?(?:\d+(?:\.\d+)?(?:e[-+]?\d+)?|Inf|NaN|Nan))$/.exec(line);
    assert.ok(sample, `a sample: ${line}`);
    const name = sample[1] ?? '';
    const allowed = suffixes[types.get(family) ?? ''] ?? [''];
    assert.ok(
      allowed.some((suffix) => name === family + suffix),
      `${name} belongs to ${family}`,
    );
    const labels = parseLabels(sample[2]);
    const identity = `${name} ${JSON.stringify(Object.entries(labels).sort())}`;
    assert.ok(!seen.has(identity), `${identity} occurs once`);
    seen.add(identity);
    const value = Number((sample[3] ?? '').replace('Inf', 'Infinity'));
    if (types.get(family) === 'counter') assert.ok(value >= 0, `${name} is a counter`);
    samples.set(name, [...(samples.get(name) ?? []), { labels, value }]);
  }
  for (const [name, type] of types) if (type === 'histogram') checkHistogram(name, samples);
  return {
    types,
    samples,
    value(name, wanted = {}) {
      const found = (samples.get(name) ?? []).filter(({ labels }) =>
        Object.entries(wanted).every(([label, value]) => labels[label] === value),
      );
      assert.ok(found.length <= 1, `${name} is told apart by ${JSON.stringify(wanted)}`);
      return found[0]?.value;
    },
  };
}

function parseLabels(text: string | undefined): Readonly<Record<string, string>> {
  const labels: Record<string, string> = {};
  if (text === undefined) return labels;
  const pair = /([a-zA-Z_]\w*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;
  while (pair.lastIndex < text.length) {
    const at = pair.lastIndex;
    const match = pair.exec(text);
    assert.ok(match, `labels: ${text.slice(at)}`);
    const name = match[1] ?? '';
    assert.ok(!(name in labels), `label ${name} occurs once`);
    labels[name] = (match[2] ?? '').replace(/\\(.)/g, (_, character) =>
      character === 'n' ? '\n' : character,
    );
  }
  return labels;
}

/** Cumulative, and the last bucket is the count. */
function checkHistogram(name: string, samples: ReadonlyMap<string, readonly Sample[]>): void {
  const series = new Map<string, { last: number; bound: number }>();
  for (const { labels, value } of samples.get(`${name}_bucket`) ?? []) {
    const { le, ...rest } = labels;
    const key = JSON.stringify(Object.entries(rest).sort());
    const before = series.get(key) ?? { last: 0, bound: Number.NEGATIVE_INFINITY };
    const bound = Number(le?.replace('Inf', 'Infinity'));
    assert.ok(bound > before.bound && value >= before.last, `${name} grows`);
    series.set(key, { last: value, bound });
  }
  for (const { labels, value } of samples.get(`${name}_count`) ?? []) {
    const end = series.get(JSON.stringify(Object.entries(labels).sort()));
    assert.deepEqual(end, { last: value, bound: Number.POSITIVE_INFINITY }, `${name} ends with +Inf`);
  }
}

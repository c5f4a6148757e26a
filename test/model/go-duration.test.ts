// Durations as Kubernetes writes them.
import t from 'tap';
import { goDurationMs, longestDurationMs } from '../../lib/model/go-duration.js';

t.test("Go's spelling, in milliseconds", async (t) => {
  const table: readonly [string, number | undefined][] = [
    ['0', 0],
    ['0s', 0],
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1h', 3_600_000],
    ['1.5h', 5_400_000],
    ['.5s', 500],
    ['250ms', 250],
    ['1000us', 1],
    ['1000000ns', 1],
    ['596h', 2_145_600_000],
    [`${longestDurationMs}ms`, longestDurationMs],
    ['597h', undefined],
    ['1us', undefined],
    ['30', undefined],
    ['-30s', undefined],
    ['30 s', undefined],
    ['30s ', undefined],
    ['1d', undefined],
    ['s', undefined],
    ['', undefined],
    ['soon', undefined],
  ];
  for (const [text, expected] of table) t.equal(goDurationMs(text), expected, text);
});

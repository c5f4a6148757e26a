// Durations as Go prints them.
import t from 'tap';
import { formatDuration, parseDurationMs } from '../../lib/cli/duration.js';
import { InvalidValueError } from '../../lib/cli/flag.js';

t.test('what Go prints is read as milliseconds', async (t) => {
  const table: readonly [string, number][] = [
    ['0', 0],
    ['0s', 0],
    ['250ms', 250],
    ['30s', 30_000],
    ['1m30s', 90_000],
    ['1h0m0s', 3_600_000],
    ['1.5s', 1500],
    ['.5s', 500],
    ['0.1s', 100],
    ['1000us', 1],
    ['1000µs', 1],
    ['1000000ns', 1],
    ['596h', 2_145_600_000],
  ];
  for (const [text, expected] of table) t.equal(parseDurationMs(text), expected, text);
});

t.test('anything else is refused with what is allowed', async (t) => {
  const table: readonly [string, RegExp][] = [
    ['', /such as 250ms/],
    ['30', /unit is missing/],
    ['-1s', /must not be negative.*such as 250ms/],
    ['1d', /such as 250ms/],
    ['1s x', /such as 250ms/],
    ['s', /such as 250ms/],
    ['1.2.3s', /such as 250ms/],
    ['1500us', /finer than 1ms/],
    ['597h', /longest duration/],
  ];
  for (const [text, message] of table) {
    t.throws(() => parseDurationMs(text), { name: 'InvalidValueError', message }, JSON.stringify(text));
  }
  t.ok(new InvalidValueError('') instanceof Error);
});

t.test('what is not for a timer may be longer', async (t) => {
  t.equal(parseDurationMs('1000h', Number.POSITIVE_INFINITY), 3_600_000_000);
  t.throws(() => parseDurationMs('2h', 3_600_000), /longest duration allowed is 1h/);
});

t.test('milliseconds are printed as Go prints them, and read back as the same', async (t) => {
  const table: readonly [number, string][] = [
    [0, '0s'],
    [1, '1ms'],
    [250, '250ms'],
    [1500, '1.5s'],
    [30_000, '30s'],
    [60_000, '1m0s'],
    [90_500, '1m30.5s'],
    [900_000, '15m0s'],
    [3_600_000, '1h0m0s'],
    [86_400_000, '24h0m0s'],
    [3_723_004, '1h2m3.004s'],
  ];
  for (const [ms, text] of table) {
    t.equal(formatDuration(ms), text);
    t.equal(parseDurationMs(text), ms, text);
  }
});

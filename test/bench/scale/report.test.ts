// The table: a column per number of Services, and what the largest is to the smallest.
import t from 'tap';
import type { Measurement } from '../../../bench/scale/measurement.js';
import { tables } from '../../../bench/scale/report.js';

function measurement(services: number, coldStartMs: number): Measurement {
  const change = { elapsedMs: 10, rulesWritten: 0, rulesDeleted: 0, syncMs: 5 };
  return {
    services,
    origin: 'JSON file',
    coldStartMs,
    firstSyncMs: 1,
    syncsAtStart: 1,
    rules: services,
    chains: 5,
    rssMiB: 80,
    rssAtEndMiB: 80,
    peakMiB: 90,
    idleCpuPercent: 1,
    podConnectMs: 0.1,
    podAnswerMs: 0.5,
    hostConnectMs: 0.1,
    hostAnswerMs: 0.5,
    serviceAdded: { ...change, rulesWritten: 7 },
    endpointChanged: change,
    restartMs: 500,
    startStallMs: 50,
    changeStallMs: 5,
  };
}

t.test('columns in ascending order, the ratio last', async (t) => {
  const text = tables([measurement(10_000, 2500), measurement(10, 500)]);
  const lines = text.split('\n');
  t.equal(lines[0], '## Services from: JSON file');
  t.equal(lines[2], '| Services | 10 | 10,000 | 10,000 to 10 |');
  t.equal(lines[3], '| --- | ---: | ---: | ---: |');
  t.ok(lines.some((line) => /^\| cold start.* \| 500 \| 2,500 \| x 5 \|$/.test(line)));
  t.ok(lines.some((line) => /^\| one endpoint changed: rules written \| 0 \| 0 \| - \|$/.test(line)));
});

t.test('one table for each origin', async (t) => {
  const text = tables([measurement(10, 1), { ...measurement(10, 1), origin: 'API server' }]);
  t.equal(text.match(/^## /gm)?.length, 2);
});

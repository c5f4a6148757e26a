// What wrk and iperf3 print, read as numbers.
import t from 'tap';
import { readIperf, readWrk } from '../../../bench/data-plane/tool-output.js';

t.test('the line that our script makes wrk print', async (t) => {
  const output = 'Running 1s test @ http://127.0.0.1:7000/\n  1 threads\nRESULT 76699 1001234 285 2288 3\n';
  t.same(readWrk(output), { requests: 76_699, seconds: 1.001234, p50Us: 285, p99Us: 2288, errors: 3 });
  t.throws(() => readWrk('unable to connect'), /unable to connect/);
});

t.test('what arrived according to iperf3, or its own complaint', async (t) => {
  const received = { bytes: 4_350_000_000, seconds: 1.0002, bits_per_second: 1 };
  const output = JSON.stringify({ start: {}, end: { sum_sent: {}, sum_received: received } });
  t.same(readIperf(output), { bytes: 4_350_000_000, seconds: 1.0002 });
  const busy = JSON.stringify({ start: {}, end: {}, error: 'the server is busy running a test' });
  t.throws(() => readIperf(busy), /busy/);
  t.throws(() => readIperf('{}'), /no sum_received/);
});

// What /metrics shows of the SCTP relay as a whole.
import t from 'tap';
import { sctpMetrics } from '../../lib/http/sctp-metrics.js';
import type { SctpTotals } from '../../lib/proxier/sctp-relay.js';
import { fakeStatus } from './fakes.js';

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
] as const satisfies readonly (keyof SctpTotals)[];
/** Each total has a value of its own: 1, 2, 3 … */
const totals = Object.fromEntries(names.map((name, at) => [name, at + 1])) as unknown as SctpTotals;

t.test('each total has its metric', async (t) => {
  const status = fakeStatus();
  status.sctp = totals;
  const metrics = sctpMetrics(status);
  const values = metrics.map(({ read }) => read()).toSorted();
  t.same(values, names.map((_, at) => at + 1).toSorted());
  const shown = (name: string) => metrics.find((metric) => metric.name === name)?.read();
  t.equal(shown('kubeportal_sctp_associations_open'), totals.open);
  t.equal(shown('kubeportal_sctp_bad_checksum_packets_total'), totals.badChecksum);
  t.equal(shown('kubeportal_sctp_refused_overload_total'), totals.refusedOverload);
  for (const { name, type } of metrics) t.equal(name.endsWith('_total'), type === 'counter', name);
});

t.test('before the first listener there is nothing to tell', async (t) => {
  for (const { read, name } of sctpMetrics(fakeStatus())) t.equal(read(), undefined, name);
});

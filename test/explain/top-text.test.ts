// One picture of `kube-portal top`.
import t from 'tap';
import type { ServiceRate } from '../../lib/explain/rates.js';
import { topLines } from '../../lib/explain/top-text.js';
import { processFactsHere as facts } from '../support/service-row.js';

const rate = (wish: Partial<ServiceRate> = {}): ServiceRate => ({
  name: 'default/web',
  protocol: 'TCP',
  ipFamily: 'IPv4',
  opened: 0,
  failed: 0,
  rxBytes: 0,
  txBytes: 0,
  open: 0,
  usable: 1,
  ...wish,
});

t.test('what each Service does, and all together', async (t) => {
  const rates = [
    rate({ ipFamily: 'IPv6', opened: 9.96, failed: 0.04, rxBytes: 1023.4, txBytes: 1024, open: 3 }),
    rate({ opened: 10.4, rxBytes: 150 * 1024, txBytes: 3 * 1024 ** 4 }),
  ];
  const lines = topLines(facts, rates, { columns: 100, rows: 10 });
  t.same(lines.slice(0, 3), [
    'kube-portal on here: in sync, 0 problems, 2 Service ports',
    '1 TCP connections, 2 UDP clients open; 20 new a second',
    '',
  ]);
  t.same(lines[4]?.split(/ {2,}/), ['default/web', 'TCP6', '10.0', '0.0', '1023 B', '1.0 KiB', '3', '1']);
  t.same(lines[5]?.split(/ {2,}/), ['default/web', 'TCP', '10', '0', '150 KiB', '3072 GiB', '0', '1']);
  const late = { ...facts, sync: { ...facts.sync, healthy: false }, problemsTotal: 1 };
  t.match(topLines(late, [], { columns: 100, rows: 10 })[0], /NOT IN SYNC, 1 problem, 0/);
});

t.test('never wider or higher than the terminal', async (t) => {
  const rates = Array.from({ length: 50 }, (_, at) => rate({ name: `default/${'name'.repeat(at)}` }));
  for (const [columns, rows] of [
    [80, 24],
    [20, 3],
    [1, 1],
    [500, 500],
  ] as const) {
    const lines = topLines(facts, rates, { columns, rows });
    t.ok(lines.length <= rows && lines.length >= 1, `${lines.length} lines of ${rows}`);
    t.same(
      lines.filter((line) => line.length > columns),
      [],
    );
  }
});

// The clusterIPs of a Service. What a wrong one does to the Service is in service-ports.test.ts.
import t from 'tap';
import { clusterIpsOf } from '../../lib/model/cluster-ips.js';

t.test('at most one address of each family, IPv4 first', async (t) => {
  const table: readonly [
    spec: Readonly<Record<string, unknown>>,
    ips: string,
    problems: readonly string[],
  ][] = [
    [{ clusterIP: '10.96.0.1' }, '10.96.0.1', []],
    [{ clusterIP: 'fd00::1', clusterIPs: ['fd00::1', '10.96.0.1'] }, '10.96.0.1 fd00::1', []],
    [{ clusterIPs: ['10.96.0.1', ''] }, '10.96.0.1', []],
    [{ clusterIP: '172.30.0.041' }, '172.30.0.41', []],
    [{ clusterIPs: ['10.96.0.1', '10.96.0.2'] }, '10.96.0.1', ['spec.clusterIPs[1]']],
    [{ clusterIP: '10.96.0.2', clusterIPs: ['10.96.0.1'] }, '10.96.0.1', ['spec.clusterIP']],
    [{ clusterIPs: ['x', 'fd00::1'] }, 'fd00::1', ['spec.clusterIPs[0]']],
    [{}, '', ['spec.clusterIP']],
  ];
  for (const [spec, ips, problems] of table) {
    const fields: string[] = [];
    const found = clusterIpsOf(spec, (field) => fields.push(field));
    t.equal(found.map(({ ip }) => ip).join(' '), ips);
    t.same(fields, problems, JSON.stringify(spec));
  }
});

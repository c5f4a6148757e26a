// docs/metrics.md says what /metrics shows, and what of kube-proxy's is left out.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { createMetrics } from '../../lib/http/metrics.js';
import { createSyncMetrics } from '../../lib/http/sync-metrics.js';
import type { SctpTotals } from '../../lib/proxier/sctp-relay.js';
import { parseExposition } from './exposition.js';
import { fakeListener, fakeStatus, textOf } from './fakes.js';

const text = readFileSync('docs/metrics.md', 'utf8');

/** By name: type, labels, meaning. */
const documented = new Map(
  [...text.matchAll(/^\| `(kube(?:proxy|portal)_\w+)` \| (\w+) \| ([\w, ]*?) ?\| (.+) \|$/gm)].map(
    ([, name = '', type, labels = '', meaning]) => [name, { type, labels, meaning }],
  ),
);

/** All that kube-proxy 1.36 has of its own, and 1.37's. */
const ofKubeProxy = `sync_proxy_rules_duration_seconds sync_full_proxy_rules_duration_seconds
sync_partial_proxy_rules_duration_seconds sync_proxy_rules_last_timestamp_seconds
sync_proxy_rules_last_queued_timestamp_seconds network_programming_duration_seconds
sync_proxy_rules_endpoint_changes_pending sync_proxy_rules_endpoint_changes_total
sync_proxy_rules_service_changes_pending sync_proxy_rules_service_changes_total
sync_proxy_rules_iptables_restore_failures_total sync_proxy_rules_iptables_partial_restore_failures_total
sync_proxy_rules_iptables_total sync_proxy_rules_iptables_last sync_proxy_rules_nftables_sync_failures_total
sync_proxy_rules_nftables_cleanup_failures_total sync_proxy_rules_no_local_endpoints_total proxy_healthz_total
proxy_livez_total iptables_ct_state_invalid_dropped_packets_total
iptables_localhost_nodeports_accepted_packets_total conntrack_reconciler_sync_duration_seconds
conntrack_reconciler_deleted_entries_total localhost_nodeport_listeners`
  .split(/\s+/)
  .map((name) => `kubeproxy_${name}`);

/** One scrape in which everything has a sample. */
async function scrape(): Promise<string> {
  const dialSeconds = { count: 1, sum: 0.1, buckets: [] };
  const picks = new Map([['10.0.0.1:80', 1]]);
  const used = { opened: 1, open: 1, failed: { 'no-endpoints': 1 }, picks, dialSeconds } as const;
  const status = fakeStatus([
    fakeListener('default/web:http', used),
    fakeListener('default/dns:dns', used, 'UDP'),
    fakeListener('default/hss:diameter', used, 'SCTP'),
  ]);
  status.sctp = new Proxy({}, { get: () => 1 }) as SctpTotals;
  const servicePortName = { namespace: 'default', name: 'off', port: '', protocol: 'SCTP' } as const;
  status.problems = () => [
    {
      subject: 'default/off/SCTP/IPv4',
      message: 'not served',
      notServed: { servicePortName, ipFamily: 'IPv4', reason: 'not-supported' },
    },
  ];
  const sync = createSyncMetrics();
  const report = { ok: true, failures: [], durationMs: 1, finishedAtMs: 0 };
  for (const full of [true, false])
    sync.syncFinished({ ...report, full, programmingSeconds: { IPv4: [1], IPv6: [1] } });
  sync.conntrackCleaned({ ipFamily: 'IPv4', durationMs: 1, deleted: 1 });
  const packetCounts = async () => ({ invalidDropped: 1, localhostNodePorts: 1 });
  const metrics = createMetrics({ status, sync, dataPlaneReason: 'asked for', packetCounts });
  metrics.countHealth('healthz', 200);
  metrics.countHealth('livez', 200);
  return textOf(metrics.text());
}

t.test('each metric is in the document with its type, labels and meaning, and no other', async (t) => {
  const exposition = await scrape();
  const shown = parseExposition(exposition);
  const helps = new Map(
    [...exposition.matchAll(/^# HELP (\S+) (.*)$/gm)].map(([, name, help]) => [name, help]),
  );
  const ours = [...shown.types].filter(([name]) => /^kube(proxy|portal)_/.test(name));
  t.strictSame([...documented.keys()].sort(), ours.map(([name]) => name).sort());
  for (const [name, type] of ours) {
    const row = documented.get(name);
    t.equal(row?.type, type, name);
    t.equal(row?.meaning, helps.get(name), name);
    const [sample] = shown.samples.get(type === 'histogram' ? `${name}_count` : name) ?? [];
    t.ok(sample, `${name} has a sample`);
    t.equal(row?.labels, Object.keys(sample?.labels ?? {}).join(', '), name);
  }
});

t.test('each metric of kube-proxy is there, or is listed as left out, with why', async (t) => {
  const leftOut = [...text.matchAll(/^\| `(kubeproxy_\w+)` \| [^|]{20,} \|$/gm)].map(([, name]) => name);
  for (const name of ofKubeProxy) t.equal(documented.has(name), !leftOut.includes(name), name);
});

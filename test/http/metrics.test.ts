// The whole of /metrics, read by a strict parser.
import t from 'tap';
import { createMetrics } from '../../lib/http/metrics.js';
import { createSyncMetrics } from '../../lib/http/sync-metrics.js';
import { parseExposition } from './exposition.js';
import { fakeListener, fakeStatus, textOf } from './fakes.js';

t.test('one scrape is one well-formed text with the process, the proxier and its ServicePorts', async (t) => {
  const sync = createSyncMetrics();
  sync.syncFinished({
    durationMs: 20,
    ok: true,
    failures: [],
    full: true,
    finishedAtMs: 0,
    programmingSeconds: { IPv4: [], IPv6: [] },
  });
  const metrics = createMetrics({
    status: fakeStatus([fakeListener('default/web', { opened: 1 })]),
    sync,
    dataPlaneReason: 'asked for',
    packetCounts: async () => ({ invalidDropped: 17, localhostNodePorts: 18 }),
  });
  sync.conntrackCleaned({ ipFamily: 'IPv6', durationMs: 5, deleted: 2 });
  metrics.countHealth('healthz', 200);
  metrics.countHealth('healthz', 200);
  metrics.countHealth('healthz', 503);
  const shown = parseExposition(await textOf(metrics.text()));

  const expected: readonly [string, Readonly<Record<string, string>>, number][] = [
    ['kubeproxy_sync_proxy_rules_duration_seconds_count', { ip_family: 'IPv6' }, 1],
    ['kubeproxy_sync_full_proxy_rules_duration_seconds_count', { ip_family: 'IPv4' }, 1],
    ['kubeproxy_sync_proxy_rules_last_timestamp_seconds', { ip_family: 'IPv4' }, 1_700_000_000.5],
    ['kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds', { ip_family: 'IPv6' }, 1_700_000_001],
    ['kubeproxy_sync_proxy_rules_service_changes_pending', {}, 1],
    ['kubeproxy_sync_proxy_rules_service_changes_total', {}, 20],
    ['kubeproxy_sync_proxy_rules_endpoint_changes_pending', {}, 2],
    ['kubeproxy_sync_proxy_rules_endpoint_changes_total', {}, 30],
    ['kubeproxy_sync_proxy_rules_iptables_total', { ip_family: 'IPv4', table: 'nat' }, 41],
    ['kubeproxy_sync_proxy_rules_iptables_total', { ip_family: 'IPv4', table: 'filter' }, 7],
    ['kubeproxy_sync_proxy_rules_iptables_last', { ip_family: 'IPv4', table: 'nat' }, 9],
    ['kubeproxy_sync_proxy_rules_iptables_restore_failures_total', { ip_family: 'IPv4' }, 3],
    ['kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total', { ip_family: 'IPv4' }, 2],
    ['kubeproxy_iptables_ct_state_invalid_dropped_packets_total', {}, 17],
    ['kubeproxy_iptables_localhost_nodeports_accepted_packets_total', {}, 18],
    ['kubeproxy_conntrack_reconciler_sync_duration_seconds_count', { ip_family: 'IPv6' }, 1],
    ['kubeproxy_conntrack_reconciler_deleted_entries_total', { ip_family: 'IPv6' }, 2],
    ['kubeproxy_proxy_healthz_total', { code: '200' }, 2],
    ['kubeproxy_proxy_healthz_total', { code: '503' }, 1],
    ['kubeportal_data_plane_info', { kind: 'node', reason: 'asked for' }, 1],
    ['kubeportal_data_plane_tcp_connections', {}, 11],
    ['kubeportal_data_plane_udp_clients', {}, 12],
    ['kubeportal_data_plane_max_connections', {}, 9000],
    ['kubeportal_source_healthy', {}, 1],
    ['kubeportal_service_problems', {}, 1],
    ['kubeportal_service_ports', {}, 0],
    ['kubeportal_rules_written_total', {}, 50],
    ['kubeportal_rules_deleted_total', {}, 5],
    ['kubeportal_rule_drifts_total', {}, 6],
    ['kubeportal_conntrack_deleted_total', {}, 8],
    ['kubeportal_connections_opened_total', { namespace: 'default', service: 'web', port: '' }, 1],
  ];
  for (const [name, labels, value] of expected) t.equal(shown.value(name, labels), value, name);
  t.ok(shown.types.has('process_resident_memory_bytes'));
  t.ok(shown.types.has('nodejs_eventloop_lag_seconds'));
});

t.test('what never happened has no timestamp', async (t) => {
  const status = fakeStatus();
  status.health = { healthy: false, lastUpdatedMs: undefined, lastQueuedMs: undefined, families: {} };
  const shown = parseExposition(
    await textOf(createMetrics({ status, sync: createSyncMetrics(), dataPlaneReason: 'asked for' }).text()),
  );
  t.ok(shown.types.has('kubeproxy_sync_proxy_rules_last_timestamp_seconds'));
  t.equal(shown.value('kubeproxy_sync_proxy_rules_last_timestamp_seconds'), undefined);
});

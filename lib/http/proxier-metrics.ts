// http/proxier-metrics.ts: what the proxier as a whole shows of its own beside kube-proxy's metrics (prefix kubeportal_).
import type { NotServed, ProxierStatus } from '../proxier/status.js';
import type { PlainMetric } from './plain-metric.js';
import { sctpMetrics } from './sctp-metrics.js';

export function proxierMetrics(status: ProxierStatus, dataPlaneReason: string): readonly PlainMetric[] {
  return [dataPlaneInfo(status, dataPlaneReason), ...ownMetrics(status), ...sctpMetrics(status)];
}

function dataPlaneInfo({ dataPlane }: ProxierStatus, reason: string): PlainMetric {
  return {
    name: 'kubeportal_data_plane_info',
    help: 'Always 1; the labels tell which data plane moves the bytes, and why that one',
    type: 'gauge',
    labelNames: ['kind', 'reason'],
    read: () => [{ labels: { kind: dataPlane, reason }, value: 1 }],
  };
}

function ownMetrics(status: ProxierStatus): readonly PlainMetric[] {
  const gauge = (name: string, help: string, read: PlainMetric['read']): PlainMetric => {
    return { name: `kubeportal_${name}`, help, type: 'gauge', read };
  };
  const counter = (name: string, help: string, read: PlainMetric['read']): PlainMetric => {
    return { name: `kubeportal_${name}`, help, type: 'counter', read };
  };
  return [
    gauge(
      'data_plane_tcp_connections',
      'Open TCP connections, two descriptors each',
      () => status.totals().tcpConnections,
    ),
    gauge('data_plane_udp_clients', 'Open UDP client flows', () => status.totals().udpClients),
    gauge(
      'data_plane_max_connections',
      'Cap on open TCP connections and UDP client flows together',
      () => status.totals().maxConnections,
    ),
    gauge(
      'source_healthy',
      '1 when the source of objects is healthy, 0 when it is starting or failing',
      () => (status.sourceHealth().state === 'healthy' ? 1 : 0),
    ),
    gauge(
      'service_problems',
      'ServicePorts that are not served, or served with a doubt',
      () => status.problems().length,
    ),
    {
      ...gauge('service_not_served', '1 for each ServicePort that has no listener, with the reason', () =>
        status.problems().flatMap(({ notServed }) => (notServed === undefined ? [] : [sampleOf(notServed)])),
      ),
      labelNames: ['namespace', 'service', 'port', 'protocol', 'ip_family', 'reason'],
    },
    gauge('service_ports', 'ServicePorts, one for each IP family', () => status.snapshot().servicePorts.size),
    counter(
      'rules_written_total',
      'Rule lines written to the kernel',
      () => status.stats().rulesWrittenTotal,
    ),
    counter(
      'rules_deleted_total',
      'Rule lines deleted from the kernel',
      () => status.stats().rulesDeletedTotal,
    ),
    counter(
      'rule_drifts_total',
      'Times that a foreign change to our rules was noticed',
      () => status.stats().driftsTotal,
    ),
    counter(
      'conntrack_deleted_total',
      'Stale conntrack entries deleted',
      () => status.stats().conntrackDeletedTotal,
    ),
  ];
}

function sampleOf({ servicePortName, ipFamily, reason }: NotServed) {
  const { namespace, name: service, port, protocol } = servicePortName;
  return { labels: { namespace, service, port, protocol, ip_family: ipFamily, reason }, value: 1 };
}

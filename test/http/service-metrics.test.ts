// The exposition text of the ServicePorts' metrics.
import t from 'tap';
import { serviceMetricsText } from '../../lib/http/service-metrics.js';
import { createServiceTotals } from '../../lib/http/service-totals.js';
import { dialBucketsSeconds, type Listener } from '../../lib/proxier/data-plane.js';
import { parseExposition } from './exposition.js';
import { fakeListener, textOf } from './fakes.js';

const expose = async (...listeners: Listener[]) =>
  parseExposition(await textOf(serviceMetricsText(createServiceTotals().read(listeners))));

t.test('a TCP ServicePort shows its connections, failures, bytes, picks and dials', async (t) => {
  const shown = await expose(
    fakeListener('default/web:http', {
      opened: 3,
      open: 1,
      failed: { dial: 2, 'client-reset': 1 },
      rxBytes: 100,
      txBytes: 2000,
      picks: new Map([['[fd00::1]:80', 3]]),
      dialSeconds: {
        count: 3,
        sum: 0.025,
        buckets: dialBucketsSeconds.map((bound) => (bound < 0.01 ? 1 : 3)),
      },
    }),
  );
  const labels = { namespace: 'default', service: 'web', port: 'http', protocol: 'TCP' };
  t.equal(shown.value('kubeportal_connections_opened_total', labels), 3);
  t.equal(shown.value('kubeportal_connections_open', labels), 1);
  t.equal(shown.value('kubeportal_connections_failed_total', { ...labels, reason: 'dial' }), 2);
  t.equal(shown.value('kubeportal_connections_failed_total', { ...labels, reason: 'client-reset' }), 1);
  t.equal(shown.value('kubeportal_bytes_total', { ...labels, direction: 'rx' }), 100);
  t.equal(shown.value('kubeportal_bytes_total', { ...labels, direction: 'tx' }), 2000);
  t.equal(shown.value('kubeportal_endpoint_picks_total', { ...labels, endpoint: '[fd00::1]:80' }), 3);
  t.equal(shown.value('kubeportal_dial_duration_seconds_bucket', { ...labels, le: '0.005' }), 1);
  t.equal(shown.value('kubeportal_dial_duration_seconds_count', labels), 3);
  t.equal(shown.value('kubeportal_dial_duration_seconds_sum', labels), 0.025);
});

t.test('a UDP ServicePort shows clients instead of connections', async (t) => {
  const shown = await expose(fakeListener('default/dns:dns', { opened: 9, open: 4 }, 'UDP'));
  t.equal(shown.value('kubeportal_udp_clients', { service: 'dns', protocol: 'UDP' }), 4);
  t.equal(shown.value('kubeportal_connections_open'), undefined);
});

t.test('a ServicePort to which nobody came shows nothing', async (t) => {
  const shown = await expose(fakeListener('default/idle'));
  t.equal(shown.samples.size, 0);
  t.ok(shown.types.has('kubeportal_bytes_total'), 'but the metrics are announced');
});

t.test('a client that was refused shows, though nothing was opened', async (t) => {
  const shown = await expose(fakeListener('default/empty', { failed: { 'connection-limit': 1 } }));
  t.equal(shown.value('kubeportal_connections_failed_total', { reason: 'connection-limit', port: '' }), 1);
  t.equal(shown.value('kubeportal_connections_opened_total'), 0);
});

t.test('many ServicePorts come in pieces of bounded size that together are one text', async (t) => {
  const listeners = Array.from({ length: 3000 }, (_, i) => fakeListener(`default/svc-${i}`, { opened: 1 }));
  const pieces = [...serviceMetricsText(createServiceTotals().read(listeners))];
  t.ok(pieces.length > 5);
  t.ok(pieces.every((piece) => piece.length < 100_000));
  t.equal(parseExposition(pieces.join('')).samples.get('kubeportal_connections_open')?.length, 3000);
});

t.test('an SCTP ServicePort shows its associations as connections, and packets each way', async (t) => {
  const counters = { opened: 5, open: 2, rxPackets: 40, txPackets: 50, failed: { dial: 1 } };
  const shown = await expose(
    fakeListener('default/hss:diameter', counters, 'SCTP'),
    fakeListener('default/web:http', { opened: 1 }),
  );
  const labels = { service: 'hss', protocol: 'SCTP' };
  t.equal(shown.value('kubeportal_connections_opened_total', labels), 5);
  t.equal(shown.value('kubeportal_connections_open', labels), 2);
  t.equal(shown.value('kubeportal_connections_failed_total', { ...labels, reason: 'dial' }), 1);
  t.equal(shown.value('kubeportal_sctp_packets_total', { ...labels, direction: 'rx' }), 40);
  t.equal(shown.value('kubeportal_sctp_packets_total', { ...labels, direction: 'tx' }), 50);
  t.equal(shown.samples.get('kubeportal_sctp_packets_total')?.length, 2, 'of SCTP alone');
});

// Both servers over real HTTP on loopback.
import { connect } from 'node:net';
import t, { type Test } from 'tap';
import { type HttpServers, type HttpServersOptions, startHttpServers } from '../../lib/http/servers.js';
import { createSyncMetrics } from '../../lib/http/sync-metrics.js';
import { systemClock } from '../../lib/proxier/clock.js';
import { silentLog } from '../../lib/proxier/log.js';
import { parseExposition } from './exposition.js';
import { fakeListener, fakeStatus } from './fakes.js';

const loopback = { host: '127.0.0.1', port: 0 };

async function start(
  t: Test,
  status = fakeStatus(),
  overrides: Partial<HttpServersOptions> = {},
): Promise<{ servers: HttpServers; health: string; metrics: string }> {
  const servers = startHttpServers({
    status,
    syncMetrics: createSyncMetrics(),
    dataPlaneReason: 'asked for',
    healthzBindAddress: loopback,
    metricsBindAddress: loopback,
    clock: systemClock,
    log: silentLog,
    ...overrides,
  });
  t.teardown(() => servers.close());
  const urlOf = async (server: HttpServers['health']): Promise<string> => {
    const state = await server?.firstBind;
    return state?.state === 'listening' ? `http://127.0.0.1:${state.address.port}` : '';
  };
  return { servers, health: await urlOf(servers.health), metrics: await urlOf(servers.metrics) };
}

t.test('/healthz and /livez follow the sync health, and are counted', async (t) => {
  const status = fakeStatus();
  const { health, metrics } = await start(t, status);
  const good = await fetch(`${health}/healthz`);
  t.equal(good.status, 200);
  t.equal(good.headers.get('content-type'), 'application/json');
  t.equal(good.headers.get('x-content-type-options'), 'nosniff');
  t.match(await good.json(), {
    healthy: true,
    nodeEligible: true,
    lastUpdated: /Z$/,
    currentTime: /Z$/,
    status: { IPv4: { healthy: true } },
  });
  status.facts = { ...status.facts, eligible: false };
  const leaving = await fetch(`${health}/healthz`);
  t.equal(leaving.status, 503);
  t.match(await leaving.json(), { healthy: true, nodeEligible: false });
  status.facts = { ...status.facts, eligible: true };

  status.health = { ...status.health, healthy: false };
  const bad = await fetch(`${health}/healthz`);
  t.equal(bad.status, 503);
  t.match(await bad.json(), { healthy: false });
  const live = await fetch(`${health}/livez`);
  t.equal(live.status, 503);
  await live.text();

  const shown = parseExposition(await (await fetch(`${metrics}/metrics`)).text());
  t.equal(shown.value('kubeproxy_proxy_healthz_total', { code: '200' }), 1);
  t.equal(shown.value('kubeproxy_proxy_healthz_total', { code: '503' }), 2);
  t.equal(shown.value('kubeproxy_proxy_livez_total', { code: '503' }), 1);
});

t.test("the metrics server has kube-proxy's paths", async (t) => {
  const { metrics } = await start(t, fakeStatus([fakeListener('default/web', { opened: 2 })]));
  const scrape = await fetch(`${metrics}/metrics`);
  t.equal(scrape.headers.get('content-type'), 'text/plain; version=0.0.4; charset=utf-8');
  t.equal(parseExposition(await scrape.text()).value('kubeportal_connections_opened_total'), 2);
  t.equal(await (await fetch(`${metrics}/healthz`)).text(), 'ok');
  t.equal(await (await fetch(`${metrics}/proxyMode`)).text(), 'userspace');
  t.equal((await fetch(`${metrics}/nothing`)).status, 404);
  const head = await fetch(`${metrics}/metrics`, { method: 'HEAD' });
  t.equal(head.status, 200);
  t.equal(await head.text(), '');
});

t.test('nothing but GET and HEAD is answered, and a body is not waited for', async (t) => {
  const { health, metrics } = await start(t);
  for (const url of [`${health}/healthz`, `${metrics}/metrics`, `${metrics}/nothing`]) {
    for (const method of ['POST', 'PUT', 'DELETE', 'OPTIONS']) {
      const answer = await fetch(url, { method, ...(method === 'POST' && { body: 'x'.repeat(100_000) }) });
      t.equal(answer.status, 405, `${method} ${url}`);
      t.equal(answer.headers.get('allow'), 'GET, HEAD');
    }
  }
});

t.test('scrapes that nobody reads are bounded, and give their place back', async (t) => {
  const listeners = Array.from({ length: 20_000 }, (_, i) => fakeListener(`default/svc-${i}`, { opened: 1 }));
  const { metrics } = await start(t, fakeStatus(listeners));
  const port = Number(new URL(metrics).port);
  const lazy = Array.from({ length: 4 }, () => connect(port, '127.0.0.1'));
  for (const socket of lazy) {
    socket.pause();
    socket.write('GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n');
  }
  const codeOf = async (): Promise<number> => {
    const answer = await fetch(`${metrics}/metrics`);
    await answer.text();
    return answer.status;
  };
  t.equal(await eventually(codeOf, 503), 503);
  t.equal((await fetch(`${metrics}/healthz`)).status, 200, 'other paths are not concerned');
  for (const socket of lazy) socket.destroy();
  t.equal(await eventually(codeOf, 200), 200);
});

t.test('headers that are too large or never end are refused', async (t) => {
  const { health } = await start(t);
  const port = Number(new URL(health).port);
  const reply = (text: string): Promise<string> =>
    new Promise((resolve) => {
      const socket = connect(port, '127.0.0.1', () => socket.write(text));
      let received = '';
      socket.on('data', (data) => {
        received += data;
      });
      socket.on('error', () => {});
      socket.on('close', () => resolve(received));
    });
  t.match(
    await reply(`GET /healthz HTTP/1.1\r\nHost: x\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`),
    /^HTTP\/1.1 431/,
  );
  t.match(await reply('nonsense\r\n\r\n'), /^HTTP\/1.1 400/);
  t.match(await reply('GET /healthz HTTP/1.1\r\nHost: x\r\nX-Slow: '), /^HTTP\/1.1 408/);
});

t.test('without an address there is no server', async (t) => {
  const { servers } = await start(t, fakeStatus(), {
    healthzBindAddress: undefined,
    metricsBindAddress: undefined,
  });
  t.equal(servers.health, undefined);
  t.equal(servers.metrics, undefined);
});

async function eventually<T>(read: () => Promise<T>, wanted: T): Promise<T> {
  for (let tries = 0; tries < 100; tries += 1) {
    const value = await read();
    if (value === wanted) return value;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  return read();
}

import t from 'tap';
import { systemClock } from '../../../lib/proxier/clock.js';
import { type ApiClient, createApiClient } from '../../../lib/sources/kube/api-client.js';
import { loadClusterAccess } from '../../../lib/sources/kube/load-config.js';
import type { KubeconfigWish } from '../../support/api-kubeconfig.js';
import { type ApiServer, type ApiServerOptions, createApiServer } from '../../support/api-server.js';
import { shortTiming, temporaryFolder, until, type WithTeardown } from '../../support/kube-trial.js';

const services = '/api/v1/services';
const open = () => new AbortController().signal;

async function trial(
  t: WithTeardown,
  options: ApiServerOptions,
  wish: KubeconfigWish,
): Promise<{ server: ApiServer; client: ApiClient }> {
  const server = await createApiServer(options);
  const kubeconfig = await server.writeKubeconfig(await temporaryFolder(t), wish);
  const access = await loadClusterAccess({ kubeconfig });
  const client = createApiClient({ access, clock: systemClock, timing: shortTiming });
  t.teardown(async () => {
    client.close();
    await server.close();
  });
  return { server, client };
}

t.test('TLS, with the CA of the kubeconfig', async (t) => {
  const { client } = await trial(t, { tls: true }, { auth: 'none' });
  t.match(client.server, /^https:/);
  t.match(await client.getJson(services, {}, open()), { kind: 'ServiceList' });
});

t.test('a server whose CA is another is not trusted', async (t) => {
  const { client, server } = await trial(t, { tls: true }, { auth: 'none', ca: 'other-ca' });
  await t.rejects(client.getJson(services, {}, open()), { message: /^GET https:.*services: .*certificate/ });
  t.equal(server.requests().length, 0);
});

t.test('a token is shown, and the wrong one is refused', async (t) => {
  const { client, server } = await trial(
    t,
    { tls: true, tokens: ['right'] },
    { auth: 'token', token: 'right' },
  );
  await client.getJson(services, {}, open());
  t.equal(server.requests()[0]?.authorization, 'Bearer right');
  server.setTokens(['other']);
  await t.rejects(client.getJson(services, {}, open()), { status: 401, message: /HTTP 401: Unauthorized/ });
});

t.test('a client certificate is shown', async (t) => {
  for (const auth of ['cert', 'cert-data'] as const) {
    const { client, server } = await trial(t, { clientCertificates: true }, { auth });
    await client.getJson(services, {}, open());
    t.equal(server.requests()[0]?.clientName, 'kube-portal-test-only-client');
  }
});

t.test('without the certificate that the server wants the connection fails', async (t) => {
  const { client, server } = await trial(t, { clientCertificates: true }, { auth: 'none' });
  await t.rejects(client.getJson(services, {}, open()), { message: /^GET https:/ });
  t.equal(server.requests().length, 0);
});

t.test('a query keeps what selectors are made of, and leaves out what is undefined', async (t) => {
  const { client, server } = await trial(t, {}, { auth: 'none' });
  const labelSelector = '!a/b,c in (d,e)';
  await client.getJson(
    services,
    { labelSelector, fieldSelector: 'spec.clusterIP!=None', limit: undefined },
    open(),
  );
  t.strictSame(server.requests()[0]?.query, { labelSelector, fieldSelector: 'spec.clusterIP!=None' });
});

t.test('an aborted request ends at once', async (t) => {
  const { client, server } = await trial(t, {}, { auth: 'none' });
  server.failNext({ times: 2, answer: { kind: 'no-answer' } });
  const closing = new AbortController();
  const request = t.rejects(client.getJson(services, {}, closing.signal));
  await until('asked', () => server.requests().length === 1);
  closing.abort();
  await request;
  await t.rejects(client.getJson(services, {}, closing.signal), 'an aborted signal from the start');
});

t.test('an answer that is no JSON is described', async (t) => {
  const { client, server } = await trial(t, {}, { auth: 'none' });
  server.failNext({ answer: { kind: 'body', body: '<p>hello', contentType: 'text/html' } });
  await t.rejects(client.getJson(services, {}, open()), {
    name: 'MalformedAnswerError',
    message: /^GET http.*services: not JSON \(text\/html\)/,
  });
});

t.test('pages of one list share a connection', async (t) => {
  const { client, server } = await trial(t, { tls: true }, { auth: 'none' });
  for (let i = 0; i < 5; i += 1) await client.getJson(services, {}, open());
  t.equal(server.connections(), 1);
});

t.test(
  'what is written has its method, type and body; 201 is success, and a refusal says what was tried',
  async (t) => {
    const { client, server } = await trial(t, { tokens: ['right'] }, { auth: 'token', token: 'right' });
    const path = '/apis/events.k8s.io/v1/namespaces/default/events';
    const write = { method: 'POST', contentType: 'application/json', body: { kind: 'Event' } } as const;
    // Over plain HTTP no credentials are sent.
    await t.rejects(client.writeJson(write, path, open()), {
      status: 401,
      message: /^POST http:.*events: HTTP 401/,
    });
    t.match(server.requests().at(-1), { verb: 'create', kind: 'Event' });
  },
);

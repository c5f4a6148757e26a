// The servers: started, asked, killed, each with its log.
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { createEndpoints } from '../../lib/demo/endpoints.js';
import { createNamespace } from '../../lib/demo/namespaces.js';
import { isAnswer, parseReplies } from '../../lib/demo/reply.js';
import { signal, web } from '../../lib/demo/services.js';
import { systemClock } from '../../lib/proxier/clock.js';

const sctpEcho = fileURLToPath(new URL('../../lib/compose/demo-sctp-echo.js', import.meta.url));
const sctpAsk = fileURLToPath(new URL('../../lib/compose/demo-sctp-ask.js', import.meta.url));
const ask = fileURLToPath(new URL('../../lib/demo/ask.js', import.meta.url));

t.test('servers answer until they are killed, and their logs say whom', async (t) => {
  const pods = await createNamespace('pods');
  t.teardown(() => pods.close());
  await pods.run(['ip', 'address', 'add', '10.244.0.11/32', 'dev', 'lo']);
  const endpoints = createEndpoints(pods, systemClock, sctpEcho);
  const request = async (id: string) => {
    const { stdout } = await pods.run([process.execPath, ask, `http://10.244.0.11:8080${id}`]);
    return parseReplies(stdout);
  };

  await endpoints.start(web, '10.244.0.11');
  t.ok((await request('/1')).every(isAnswer));
  t.match(endpoints.answersTo('/1'), [
    { endpoint: '10.244.0.11:8080', line: /^answered \/1 to 10\.244\.0\.11:\d+$/ },
  ]);
  t.same(endpoints.answersTo('/11'), [], 'not a request whose number only starts so');

  t.ok((await endpoints.kill(web, '10.244.0.11')) > 0);
  t.same(await request('/2'), [{ id: '/2', error: 'ECONNREFUSED' }]);
  await t.rejects(endpoints.kill(web, '10.244.0.12'), { message: 'kill web at 10.244.0.12: not started' });
  await t.rejects(endpoints.start(web, '10.244.0.99'), {
    message: /start web at 10\.244\.0\.99: .*EADDRNOTAVAIL/,
  });
});

t.test('SCTP has programs of its own for both sides', async (t) => {
  const pods = await createNamespace('pods');
  t.teardown(() => pods.close());
  await pods.run(['ip', 'address', 'add', '10.244.0.31/32', 'dev', 'lo']);
  const endpoints = createEndpoints(pods, systemClock, sctpEcho);
  await endpoints.start(signal, '10.244.0.31');
  const { stdout } = await pods.run([
    process.execPath,
    sctpAsk,
    'sctp://10.244.0.31:38412/1',
    'sctp://10.244.0.31:38412/2',
    'sctp://10.244.0.31:9/3',
  ]);
  t.match(parseReplies(stdout), [
    { id: '/1', text: 'hello, says signal at 10.244.0.31:38412' },
    { id: '/2', text: 'hello, says signal at 10.244.0.31:38412' },
    // Somebody else's raw socket is there, so the kernel does not say that nobody is.
    { id: '/3', error: 'ETIMEDOUT' },
  ]);
  t.match(endpoints.answersTo('/2'), [{ endpoint: '10.244.0.31:38412', line: /^answered \/2 to 10\./ }]);
  await t.rejects(endpoints.start(signal, '10.244.0.99'), {
    message: /start signal at 10\.244\.0\.99: .*EADDRNOTAVAIL/,
  });
});

import http from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { systemClock } from '../../../lib/proxier/clock.js';
import { type BodyLimits, readBody } from '../../../lib/sources/kube/read-body.js';
import type { WithTeardown } from '../../support/kube-trial.js';

const limits: BodyLimits = { maxBytes: 1000, beyond: 'fail', idleMs: 200 };

/** A real answer, written by `write`. */
async function answer(
  t: WithTeardown,
  write: (response: http.ServerResponse) => void,
): Promise<http.IncomingMessage> {
  const server = http.createServer((_, response) => write(response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return new Promise((resolve, reject) => {
    http.get({ port, host: '127.0.0.1' }, resolve).on('error', reject);
  });
}

t.test('the whole body, in UTF-8', async (t) => {
  const response = await answer(t, (response) => {
    const bytes = Buffer.from('zoë €');
    response.write(bytes.subarray(0, 3));
    setTimeout(() => response.end(bytes.subarray(3)), 30);
  });
  t.equal(await readBody(response, limits, systemClock), 'zoë €');
});

t.test('a body that stops is given up', async (t) => {
  const response = await answer(t, (response) => response.write('half'));
  await t.rejects(readBody(response, limits, systemClock), { message: 'the answer stopped for 200 ms' });
});

t.test('a body that is cut is an error', async (t) => {
  const response = await answer(t, (response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('half', () => setTimeout(() => response.destroy(), 20));
  });
  await t.rejects(readBody(response, limits, systemClock), { code: 'ECONNRESET' });
});

t.test('too long a body fails, or is cut', async (t) => {
  const long = (response: http.ServerResponse) => response.end('x'.repeat(5000));
  const failing = readBody(await answer(t, long), limits, systemClock);
  await t.rejects(failing, { name: 'RangeError' });
  const cut = await readBody(await answer(t, long), { ...limits, beyond: 'cut' }, systemClock);
  t.match(cut, /^x{1001,}$/);
});

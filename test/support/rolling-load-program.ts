// test/support/rolling-load-program.ts: HTTP clients in one namespace, `count` requests in all and more until it is told
// that it is enough, each over a connection of its own or over connections that are kept as long as the server lets them.
// No request is tried twice. Its argument is a LoadWish; it sends a LoadResult and ends.
import { Agent, request } from 'node:http';
import type { LoadResult, LoadWish } from './rolling-update.js';

const { ip, port, count, clients, keepAlive } = JSON.parse(process.argv[2] ?? '{}') as LoadWish;
const agent = new Agent({ keepAlive, maxSockets: clients, maxFreeSockets: clients });
const timeoutMs = 30_000;

function get(): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request({ host: ip, port, agent, timeout: timeoutMs }, (response) => {
      let body = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        body += chunk;
      });
      response.on('end', () =>
        response.statusCode === 200 && body !== ''
          ? resolve(body)
          : reject(new Error(`status ${response.statusCode}`)),
      );
      response.on('error', reject);
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer for ${timeoutMs} ms`)));
    sent.on('error', reject);
    sent.end();
  });
}

let begun = 0;
let isEnough = false;
process.on('message', () => {
  isEnough = true;
});
process.on('disconnect', () => process.exit());
const byPod: Record<string, number> = {};
const failures: string[] = [];

async function client(): Promise<void> {
  while (begun < count || !isEnough) {
    begun += 1;
    try {
      const pod = await get();
      byPod[pod] = (byPod[pod] ?? 0) + 1;
    } catch (err) {
      failures.push(String(err));
    }
  }
}

await Promise.all(Array.from({ length: clients }, client));
const result: LoadResult = { byPod, failed: failures.length, failures: failures.slice(0, 5) };
process.send?.(result, () => process.exit());

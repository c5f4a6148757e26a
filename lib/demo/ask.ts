// demo/ask.ts: a program: a client. Asks the URLs that are its arguments (`http://10.96.0.80/1`, `udp://10.96.0.37:37/2`)
// one after another, each from a port of its own, and prints a JSON line (reply.ts) for each. After one that got no
// answer in time it asks no more: the others would wait in vain as well.
import { createSocket } from 'node:dgram';
import { get } from 'node:http';
import type { Reply } from './reply.js';

/** An answer and a refusal both come at once here; what takes longer is a packet that was lost. */
const timeoutMs = 2_000;

type Outcome = { readonly text: string; readonly clientPort: number } | { readonly error: string };

function codeOf(err: NodeJS.ErrnoException): string {
  return err.code ?? err.message;
}

function askHttp(url: string): Promise<Outcome> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: timeoutMs }, (response) => {
      const clientPort = response.socket.localPort ?? 0;
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () => resolve({ text: text.trimEnd(), clientPort }));
      response.on('error', (err) => resolve({ error: codeOf(err) }));
    });
    request.on('timeout', () =>
      request.destroy(Object.assign(new Error('no answer'), { code: 'ETIMEDOUT' })),
    );
    request.on('error', (err) => resolve({ error: codeOf(err) }));
  });
}

function askUdp({ hostname, port, pathname }: URL): Promise<Outcome> {
  const socket = createSocket('udp4');
  return new Promise<Outcome>((resolve) => {
    const timer = setTimeout(() => resolve({ error: 'ETIMEDOUT' }), timeoutMs);
    const settle = (outcome: Outcome): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    socket.on('error', (err) => settle({ error: codeOf(err) }));
    socket.on('message', (text) =>
      settle({ text: text.toString().trimEnd(), clientPort: socket.address().port }),
    );
    // Connected, so that the kernel tells an ICMP port unreachable as ECONNREFUSED.
    socket.connect(Number(port), hostname, () => socket.send(pathname));
  }).finally(() => socket.close());
}

for (const text of process.argv.slice(2)) {
  const url = new URL(text);
  const outcome = await (url.protocol === 'udp:' ? askUdp(url) : askHttp(text));
  const reply: Reply = { id: url.pathname, ...outcome };
  process.stdout.write(`${JSON.stringify(reply)}\n`);
  if ('error' in outcome && outcome.error === 'ETIMEDOUT') break;
}

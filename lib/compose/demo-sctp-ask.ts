// compose/demo-sctp-ask.ts: a program: an SCTP client of the demo, what demo/ask.ts is for TCP and UDP. Asks the URLs that
// are its arguments (`sctp://10.96.0.38:38412/1`) one after another, each in an association of its own, and prints a
// JSON line (demo/reply.ts) for each. After one that got no answer in time it asks no more.
import { SctpError } from '../dataplane/sctp-peer/association.js';
import { SctpStack } from '../dataplane/sctp-peer/stack.js';
import type { Reply } from '../demo/reply.js';

const timeoutMs = 2_000;
const stream = 1;
/** NGAP's payload protocol identifier (3GPP TS 38.412). */
const ppid = 60;

async function ask(stack: SctpStack, { hostname, port, pathname }: URL): Promise<Reply> {
  const id = pathname;
  try {
    const association = await stack.connect({ ip: hostname, port: Number(port) }, timeoutMs);
    await association.send(Buffer.from(pathname), { stream, ppid });
    const answer = await association.receive(timeoutMs);
    const clientPort = association.localPort;
    await association.close();
    if (answer === undefined) return { id, error: 'ETIMEDOUT' };
    return { id, text: answer.payload.toString(), clientPort };
  } catch (err) {
    if (err instanceof SctpError) return { id, error: err.code };
    throw err;
  }
}

const stack = new SctpStack();
for (const text of process.argv.slice(2)) {
  const reply = await ask(stack, new URL(text));
  process.stdout.write(`${JSON.stringify(reply)}\n`);
  if ('error' in reply && reply.error === 'ETIMEDOUT') break;
}
await stack.close();

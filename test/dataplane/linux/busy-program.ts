// dataplane/linux/busy-program.ts: one end of many busy connections, in a process of its own so that the data plane under
// test has something to do. `echo`: prints its port and sends back what comes. `ask PORT N`: N connections that send
// messages of every size and look at each byte that comes back; told to stop, each finishes and ends; prints the verdict.
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { connect, createServer, type Socket } from 'node:net';

const [role, port, connections] = process.argv.slice(2);

export interface Verdict {
  /** Connections that came to a clean end with every byte as it was sent. */
  readonly whole: number;
  /** Why the others are none. */
  readonly faults: readonly string[];
  readonly bytes: number;
}

let isStopping = false;
let bytes = 0;

/** Rejects with what went wrong. */
function ask(): Promise<void> {
  const [sent, received] = [createHash('sha1'), createHash('sha1')];
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port: Number(port), noDelay: true });
    let missing = 0;
    let messages = 0;
    const send = (): void => {
      // Small ones mostly, and now and then so much that it goes by splice.
      const size = messages % 100 === 99 ? 300_000 : 1 + ((messages * 37) % 900);
      messages++;
      const message = randomBytes(size);
      sent.update(message);
      missing = size;
      bytes += size;
      socket.write(message);
    };
    socket.on('connect', send);
    socket.on('data', (chunk: Buffer) => {
      received.update(chunk);
      missing -= chunk.length;
      if (missing < 0) reject(new Error(`${-missing} bytes too many`));
      if (missing > 0) return;
      if (isStopping) socket.end();
      else send();
    });
    socket.on('error', reject);
    socket.on('end', () => {
      if (missing > 0 || !isStopping) reject(new Error(`ended with ${missing} bytes missing`));
      else if (digest(sent) === digest(received)) resolve();
      else reject(new Error('other bytes came back than were sent'));
    });
  });
}

function digest(hash: Hash): string {
  return hash.digest('hex');
}

if (role === 'echo') {
  const echo = (socket: Socket): void => {
    socket.on('error', () => {});
    socket.pipe(socket);
  };
  const listening = { port: 0, host: '127.0.0.1', backlog: 4096 };
  const server = createServer({ noDelay: true }, echo).listen(listening, () => {
    const address = server.address();
    console.log(typeof address === 'object' && address?.port);
  });
}

if (role === 'ask') {
  process.stdin.once('data', () => {
    isStopping = true;
  });
  const ends = await Promise.allSettled(Array.from({ length: Number(connections) }, ask));
  const faults = ends.flatMap((end) => (end.status === 'rejected' ? [String(end.reason)] : []));
  const verdict: Verdict = { whole: ends.length - faults.length, faults, bytes };
  console.log(JSON.stringify(verdict));
  process.exit();
}

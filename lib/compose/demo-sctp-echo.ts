// compose/demo-sctp-echo.ts: a program: one SCTP endpoint of the demo, what demo/echo-server.ts is for TCP and UDP. Answers
// each message with its own name, and says on stdout whom it answered. Arguments: a name, an IPv4 address, a port.
import { echoServer } from '../dataplane/sctp-peer/echo-server.js';
import { hostPort } from '../model/ip.js';

const [, , name = '', address = '', portText = ''] = process.argv;
const port = Number(portText);
const here = hostPort(address, port);

try {
  echoServer({
    address,
    port,
    answer: ({ payload }, peer) => {
      process.stdout.write(`answered ${payload.toString()} to ${hostPort(peer.ip, peer.port)}\n`);
      return Buffer.from(`hello, says ${name} at ${here}`);
    },
  });
  process.stdout.write(`ready ${here}\n`);
} catch (err) {
  process.stderr.write(`${name} at ${here}: ${err instanceof Error ? err.message : String(err)}\n`);
  process.exitCode = 1;
}

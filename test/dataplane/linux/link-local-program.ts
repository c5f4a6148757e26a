// dataplane/linux/link-local-program.ts: the linux data plane with a TCP and a UDP listener of IPv6, for a namespace.
// Arguments: the listeners' port, the port of the endpoint on ::1. Says `ready` on its standard output, and when its
// standard input ends a line for each listener: how many clients it had, and how many failed.
import { configOf, failures, specOf } from '../conformance/plane.js';
import { makeLinuxPlane } from './make-plane.js';

const [port, endpointPort] = process.argv.slice(2).map(Number);
const plane = makeLinuxPlane();
const config = configOf([{ ip: '::1', port: endpointPort ?? 0 }]);
const listeners = await Promise.all(
  (['TCP', 'UDP'] as const).map((protocol) => plane.open(specOf(protocol, 'IPv6'), config, port ?? 0)),
);
process.stdout.write('ready\n');
process.stdin.resume();
process.stdin.on('end', async () => {
  for (const listener of listeners) {
    const { opened } = listener.counters();
    process.stdout.write(`${JSON.stringify({ opened, failed: failures(listener) })}\n`);
  }
  await plane.close(0);
});

// bench/data-plane/plane-program.ts: a program that is one data plane and nothing else, on fixed ports.
// Arguments: the plane's kind; then `PROTOCOL PORT ENDPOINT-PORT` for each listener, all on loopback.
import { listenerConfig, listenerSpec, makePlane, planeKinds } from '../shared/make-plane.js';

const [, , wanted, ...listeners] = process.argv;
const kind = planeKinds.find((name) => name === wanted);
if (kind === undefined) throw new Error(`no such data plane: ${wanted}`);
const plane = makePlane(kind, { endpointSetAsideMs: 5000 });
for (let at = 0; at < listeners.length; at += 3) {
  const [protocol, port, endpointPort] = listeners.slice(at, at + 3);
  if (protocol !== 'TCP' && protocol !== 'UDP') throw new Error(`no such protocol: ${protocol}`);
  const config = listenerConfig([{ ip: '127.0.0.1', port: Number(endpointPort) }]);
  await plane.open(listenerSpec(`on-${port}`, protocol), config, Number(port));
}
process.on('SIGTERM', () => {
  plane.close(0).then(() => process.exit());
});
process.stdout.write('ready\n');

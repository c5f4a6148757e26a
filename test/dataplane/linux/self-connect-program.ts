// dataplane/linux/self-connect-program.ts: a data plane whose endpoint's port, in argv, is dead and the only one that the
// kernel can dial from. Prints what one client met with.
import { connect } from 'node:net';
import { createLinuxDataPlane } from '../../../lib/dataplane/linux/data-plane.js';
import { silentLog } from '../../../lib/proxier/log.js';
import { configOf, specOf } from '../conformance/plane.js';

let reason: string | undefined;
const plane = createLinuxDataPlane({
  endpointSetAsideMs: 0,
  threads: 1,
  checkDescriptors: true,
  log: {
    ...silentLog,
    warn: (fields: object) => {
      if ('err' in fields && fields.err instanceof Error) reason = fields.err.message;
    },
  },
});
const endpoint = { ip: '127.0.0.1', port: Number(process.argv[2]) };
// On a port of its own: any port would be the one that dials need.
const listener = await plane.open(specOf('TCP'), configOf([endpoint]), 5550);
const client = connect({ port: listener.port, host: '127.0.0.1', localPort: 5555 });
client.resume();
client.write('is it me?');
const end = await new Promise((resolve) => {
  client.on('error', (error) => resolve('code' in error ? error.code : error.message));
  client.on('data', (data) => resolve(`its own words: ${data}`));
  client.on('end', () => resolve('a clean end'));
});
client.destroy();
await plane.close(0);
process.stdout.write(JSON.stringify({ end, failed: listener.counters().failed, reason }));

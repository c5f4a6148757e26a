// dataplane/sctp/path-mtu-relay-program.ts: a relay at port 5000 and its only endpoint, for path-mtu.test.ts. Arguments: the
// family, and the endpoint's address. Says `ready`.
import { createSctpDataPlane } from '../../../lib/dataplane/sctp/data-plane.js';
import type { IpFamily } from '../../../lib/model/ip.js';
import { RawServer } from '../../support/sctp-raw-peer.js';
import { configOf } from '../conformance/plane.js';

const [, , family, endpoint = ''] = process.argv;
const ipFamily: IpFamily = family === 'IPv6' ? 'IPv6' : 'IPv4';
const servicePortName = { namespace: 'default', name: 'echo', port: '', protocol: 'SCTP' } as const;
const plane = createSctpDataPlane({ endpointSetAsideMs: 0 });
await plane.open(
  { key: 'echo', servicePortName, ipFamily, scope: 'Cluster' },
  configOf([{ ip: endpoint, port: 7 }]),
  5000,
);
const server = new RawServer(endpoint, 7, 'echo');
process.once('SIGTERM', () => {
  server.close();
  void plane.close(0).then(() => process.exit(0));
});
console.log('ready');

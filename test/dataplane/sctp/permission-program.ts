// dataplane/sctp/permission-program.ts: opens an SCTP listener and says what became of it, as one line of JSON. Run by
// permission.test.ts without capabilities.
import { readdirSync, readlinkSync } from 'node:fs';
import { createSctpDataPlane } from '../../../lib/dataplane/sctp/data-plane.js';
import { ListenError } from '../../../lib/proxier/data-plane.js';
import { configOf } from '../conformance/plane.js';

const servicePortName = { namespace: 'default', name: 'echo', port: '', protocol: 'SCTP' } as const;
const spec = { key: 'echo', servicePortName, ipFamily: 'IPv4', scope: 'Cluster' } as const;
/** Only what we open: Node has files of its own. */
function sockets(): number {
  return readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith('socket:');
    } catch {
      return false;
    }
  }).length;
}

const plane = createSctpDataPlane({ endpointSetAsideMs: 0, checkDescriptors: true });
const before = sockets();
const error: unknown = await plane.open(spec, configOf([]), 0).catch((caught: unknown) => caught);
await plane.close(0);
const { reason, message } = error instanceof ListenError ? error : { reason: 'none', message: String(error) };
process.stdout.write(`${JSON.stringify({ reason, message, socketsLeft: sockets() - before })}\n`);

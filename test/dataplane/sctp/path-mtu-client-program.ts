// dataplane/sctp/path-mtu-client-program.ts: a client that sends one message of 1,400 bytes to port 5000 and says how much
// came back, for path-mtu.test.ts. Arguments: its own address, and the relay's.
import { RawClient, RawPeer } from '../../support/sctp-raw-peer.js';

const [, , own = '', relay = ''] = process.argv;
const peer = new RawPeer(own, true);
const client = new RawClient(peer, 4000, { ip: relay, port: 5000 });
if ((await client.connect()) === undefined) throw new Error('no association');
const [back] = await client.exchange([Buffer.alloc(1400, 'x')]);
console.log(`${back?.length ?? 0} bytes came back`);
peer.close();

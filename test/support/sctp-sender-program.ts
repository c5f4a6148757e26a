// test/support/sctp-sender-program.ts: sends one SCTP packet from a raw socket. Arguments: where to, and from which port. A
// packet that a rule drops on its way out is none that failed.
import { chunk, sctp, types } from './sctp-packets.js';
import { RawPeer } from './sctp-raw-peer.js';

const [to = '', port = '0'] = process.argv.slice(2);
const peer = new RawPeer(to);
try {
  peer.send(to, sctp(Number(port), 9, 1, [chunk(types.abort)]));
} catch (err) {
  if (!/EPERM/.test(String(err))) throw err;
}
peer.close();

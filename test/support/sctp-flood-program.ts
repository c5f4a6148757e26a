// test/support/sctp-flood-program.ts: sends INITs that lead to nothing, as fast as it can, each from the next port and with a
// tag of its own. Arguments: the address it has, the address and port it floods, how many. Says how many a second.
import { init, sctp } from './sctp-packets.js';
import { RawPeer } from './sctp-raw-peer.js';

const [, , from = '', to = '', port = '', count = ''] = process.argv;
const peer = new RawPeer(from);
const startedMs = performance.now();
let full = 0;
for (let sent = 0; sent < Number(count); sent++) {
  const packet = sctp(1024 + (sent % 64_000), Number(port), 0, [init(1 + sent)]);
  try {
    peer.send(to, packet);
  } catch {
    // The kernel's queue is full: that packet is not sent.
    full++;
  }
}
const seconds = (performance.now() - startedMs) / 1000;
process.stdout.write(`${JSON.stringify({ sent: Number(count) - full, seconds })}\n`);
peer.close();

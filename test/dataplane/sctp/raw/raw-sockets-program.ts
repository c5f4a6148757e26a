// dataplane/sctp/raw/raw-sockets-program.ts: run inside a namespace by raw-sockets.test.ts.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { NativeMemory } from '../../../../lib/dataplane/native/native-memory.js';
import * as sys from '../../../../lib/dataplane/native/syscalls.js';
import { openRawSockets } from '../../../../lib/dataplane/sctp/raw/raw-sockets.js';
import { descriptorsOf, families, socketsOf } from './inside.js';

/** SO_RCVBUF and SO_SNDBUF (<asm-generic/socket.h>), in bytes; the kernel shows twice what it was asked for. */
function room(fd: number): readonly number[] {
  const value = new NativeMemory(8);
  const length = new NativeMemory(8);
  return [8, 7].map((option) => {
    length.words[0] = 4;
    sys.getsockopt(fd, 1, option, value.address, length.address);
    return value.words[0] ?? 0;
  });
}

for (const { ipFamily } of families) {
  t.test(`${ipFamily}: one socket for SCTP, with room for a burst, and one for errors`, async (t) => {
    const { sctp, icmp } = socketsOf(t, ipFamily);
    t.not(sctp, icmp);
    for (const bytes of room(sctp)) t.ok(bytes >= 8 * 2 ** 20, `${bytes}`);
    // Columns: the protocol is where a port would be (proc(5)).
    const shown = readFileSync(ipFamily === 'IPv4' ? '/proc/net/raw' : '/proc/net/raw6', 'utf8');
    t.match(shown, /:0084 /, 'SCTP');
    t.match(shown, ipFamily === 'IPv4' ? /:0001 / : /:003A /, 'ICMP');
  });
}

t.test('nothing stays open where one of them can not be had', async (t) => {
  const descriptors = descriptorsOf();
  // One descriptor is left below the limit: enough for the first socket only.
  const held: number[] = [];
  const spare = sys.eventfd(0, 0);
  t.equal(sys.close(spare), 0);
  let fd = sys.eventfd(0, 0);
  while (fd >= 0 && held.length < 200_000) {
    held.push(fd);
    fd = sys.eventfd(0, 0);
  }
  const last = held.pop() ?? -1;
  sys.close(last);
  let code: unknown;
  try {
    openRawSockets('IPv4', descriptors);
  } catch (error) {
    code = error instanceof Error && 'code' in error ? error.code : error;
  }
  const again = sys.eventfd(0, 0);
  for (const one of held) sys.close(one);
  t.equal(code, 'EMFILE');
  t.equal(again, last, 'its number is free again');
  sys.close(again);
});

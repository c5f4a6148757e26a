// dataplane/sctp/raw/path-mtu-program.ts: run inside a namespace by path-mtu.test.ts.
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import t from 'tap';
import { Sockets } from '../../../../lib/dataplane/native/sockets.js';
import { PathMtu } from '../../../../lib/dataplane/sctp/raw/path-mtu.js';
import { ipWords } from '../../../../lib/dataplane/sctp/wire/ip-words.js';
import { descriptorsOf, families } from './inside.js';

const open = (): number => readdirSync('/proc/self/fd').length;

for (const { ipFamily, peer } of families) {
  t.test(`${ipFamily}: what the kernel knows of the way, and no descriptor left open`, async (t) => {
    const mtu = new PathMtu(new Sockets(descriptorsOf()));
    const to = { peer: ipWords(peer), scope: 0 };
    const before = open();
    execFileSync('ip', ['link', 'set', 'dev', 'lo', 'mtu', '1400']);
    t.equal(mtu.of(to), 1400, 'of the interface');
    const prefix = ipFamily === 'IPv4' ? '198.51.100.0/24' : '2001:db8:1::/64';
    const inside = ipFamily === 'IPv4' ? '198.51.100.7' : '2001:db8:1::7';
    execFileSync('ip', ['route', 'add', prefix, 'dev', 'lo', 'mtu', '1300']);
    t.equal(mtu.of({ peer: ipWords(inside), scope: 0 }), 1300, 'of a route');
    execFileSync('ip', ['link', 'set', 'dev', 'lo', 'mtu', '65536']);
    const nowhere = ipFamily === 'IPv4' ? '203.0.113.1' : '2001:db8:2::1';
    t.equal(mtu.of({ peer: ipWords(nowhere), scope: 0 }), 0, 'where there is no route: nothing');
    for (let times = 0; times < 100; times++) mtu.of(to);
    t.equal(open(), before);
  });
}

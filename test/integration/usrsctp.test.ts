// usrsctp, a stack that has nothing to do with the relay, at both ends of a ClusterIP: what a message is made of comes
// through whole, from another namespace and from the host itself, and so does the end of an association.
import t, { type Test } from 'tap';
import type { IpFamily } from '../../lib/model/ip.js';
import { eventually } from '../support/eventually.js';
import { families, openTheatre, portalOf, type Theatre } from '../support/usrsctp-theatre.js';

t.setTimeout(55_000);

const sizes = [1, 1000, 1448, 65_536, 200_000, 1_000_000];

for (const variant of ['nft', 'legacy'] as const) {
  t.test(`${variant}: messages come through whole`, async (t) => {
    const theatre = await openTheatre(t, { variant });
    for (const ipFamily of families) {
      for (const from of ['outside', 'node'] as const) {
        const who = from === 'node' ? 'the host' : 'another namespace';
        await t.test(`${ipFamily}, from ${who}`, (t) => exchange(t, theatre, ipFamily, from));
      }
    }
  });
}

async function exchange(
  t: Test,
  { stage, peer, servers }: Theatre,
  ipFamily: IpFamily,
  from: 'outside' | 'node',
): Promise<void> {
  const client = stage.rig[from];
  const to = portalOf(ipFamily);
  const before = servers.served().length;
  const whole = { connected: true, good: sizes.length, bad: 0, clean: true };
  t.match(await peer.echo(client, to, sizes), whole, 'from 1 B to 1 MB');
  t.match(await peer.echo(client, to, sizes, { order: 'unordered', end: 'abort' }), whole, 'unordered');
  const many = await peer.pipeline(client, to, 2000, 8);
  t.match(many, { good: 2000, bad: 0, clean: true }, 'in order within each of eight streams');
  await eventually('the servers have seen the ends', () => servers.served().length >= before + 3);
  const [shutDown, aborted, piped] = servers.served().slice(before);
  t.match(shutDown, { aborted: false, messages: sizes.length + 1 }, 'a shutdown arrives as a shutdown');
  t.match(aborted, { aborted: true, messages: sizes.length + 1 }, 'an abort as an abort');
  t.match(piped, { aborted: false, messages: 2000 });
  const names = new Set([shutDown, aborted, piped].map((one) => one?.name));
  t.equal(names.size, ipFamily === 'IPv4' ? 3 : 1, 'each association has the next endpoint');
}

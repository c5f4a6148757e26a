// test/support/usrsctp-many.ts: many associations, at the same time and one after the other; and what the program holds when
// they have ended. test/integration/ has few of them, test/full/ 10,000.
import { readdirSync } from 'node:fs';
import type { Test } from 'tap';
import { residentKibibytes } from '../../bench/shared/process-usage.js';
import { eventually } from './eventually.js';
import type { Program } from './portal.js';
import { families, openTheatre, portalOf } from './usrsctp-theatre.js';

/** What an allocator may keep or not; 10,000 flows that are never freed would be far more. */
const slackKib = 24 * 1024;

interface Held {
  readonly descriptors: number;
  readonly residentKib: number;
}

function descriptorsOf({ pid }: Program): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

async function held(program: Program): Promise<Held> {
  await eventually(
    'no association is left in the table',
    async () => (await program.metric('kubeportal_sctp_associations')).get('') === 0,
    15_000,
  );
  return {
    descriptors: descriptorsOf(program),
    residentKib: residentKibibytes([program.pid]),
  };
}

/** @param atOnce of each family @param first in turn, before memory is looked at @param more in turn, after that */
export async function manyAssociations(
  t: Test,
  { atOnce, first, more }: { readonly atOnce: number; readonly first: number; readonly more: number },
): Promise<void> {
  const { stage, peer, program } = await openTheatre(t);
  const { outside } = stage.rig;
  for (const ipFamily of families) {
    const many = await peer.parallel(outside, portalOf(ipFamily), atOnce, 3);
    t.match(many, { connected: atOnce, good: 3 * atOnce, clean: true }, `${ipFamily}: ${atOnce} at once`);
    t.comment(`${ipFamily}: ${atOnce} open after ${many.seconds} s`);
  }
  const portal = portalOf('IPv4');
  t.match(
    await peer.turns(outside, portal, first),
    { good: first, refused: 0, clean: true },
    `${first} in turn`,
  );
  const before = await held(program);
  const rest = await peer.turns(outside, portal, more);
  t.match(rest, { good: more, refused: 0, clean: true }, `${more} more`);
  t.comment(`${more} in ${rest.seconds} s, the slowest in ${rest.slowest} s`);
  const after = await held(program);
  // At any one moment the program may be talking to iptables, or to who asks for its metrics.
  await eventually('no descriptor is left open', () => descriptorsOf(program) <= before.descriptors, 15_000);
  const grown = after.residentKib - before.residentKib;
  t.ok(grown < slackKib, `memory has grown by ${grown} KiB`);
  t.equal((await program.metric('kubeportal_sctp_associations_open')).get(''), 0, 'none is open');
  const opened = [...(await program.metric('kubeportal_connections_opened_total')).values()];
  const sum = opened.reduce((so, one) => so + one, 0);
  t.equal(sum, families.length * atOnce + first + more, 'each of them was counted');
  t.equal((await program.end()).code, 0);
}

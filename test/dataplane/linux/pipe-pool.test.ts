// Pipes are used again only when they are empty, and there are never more than may be.
import t from 'tap';
import { PipePool } from '../../../lib/dataplane/linux/pipe-pool.js';
import { createOwnerTable, Descriptors } from '../../../lib/dataplane/native/descriptors.js';
import { openPipeEnds } from './bulk.js';

t.test('a pipe that still holds bytes is closed, an empty one is the next to be taken', async (t) => {
  const before = openPipeEnds();
  const pool = new PipePool(new Descriptors(1, createOwnerTable()), 4);
  const [one, two] = [pool.take(), pool.take()];
  if (one === undefined || two === undefined) throw new Error('no pipes');
  t.equal(openPipeEnds(), before + 4);
  pool.giveBack(one, false);
  t.equal(openPipeEnds(), before + 2);
  pool.giveBack(two, true);
  t.equal(pool.take(), two);
  pool.giveBack(two, true);
  pool.close();
  t.equal(openPipeEnds(), before);
});

t.test('beyond the limit there is none, and one again when another was given back', async (t) => {
  const pool = new PipePool(new Descriptors(1, createOwnerTable()), 2);
  const [one, two] = [pool.take(), pool.take()];
  t.ok(one && two);
  t.equal(pool.take(), undefined);
  if (one) pool.giveBack(one, false);
  const three = pool.take();
  t.ok(three);
  for (const pipe of [two, three]) if (pipe) pool.giveBack(pipe, true);
  pool.close();
});

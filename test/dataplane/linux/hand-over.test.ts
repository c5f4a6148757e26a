// Connections go through a ring in order, none twice, none lost.
import t from 'tap';
import { createRingMemory, HandOverRing } from '../../../lib/dataplane/linux/hand-over.js';

t.test('what is put in comes out in order, around the ring many times', async (t) => {
  const memory = createRingMemory();
  const [writer, reader] = [new HandOverRing(memory), new HandOverRing(memory)];
  let taken = 0;
  for (let put = 0; put < 10_000; put++) {
    writer.put({ clientFd: put, endpointFd: -put, place: put % 7, endpointId: 3 * put });
    if (put % 3 !== 0) continue;
    for (let one = reader.take(); one !== undefined; one = reader.take()) {
      const { clientFd, endpointFd, place, endpointId } = one;
      if (clientFd !== taken || endpointFd !== -taken || place !== taken % 7 || endpointId !== 3 * taken)
        t.fail(`at ${taken}`);
      taken++;
    }
  }
  t.equal(taken, 10_000);
  t.ok(reader.empty);
});

t.test('a full ring says so', async (t) => {
  const ring = new HandOverRing(createRingMemory());
  let put = 0;
  for (; !ring.full; put++) ring.put({ clientFd: put, endpointFd: put, place: 0, endpointId: 0 });
  t.equal(put, 1024);
  t.equal(ring.take()?.clientFd, 0);
  t.notOk(ring.full);
});

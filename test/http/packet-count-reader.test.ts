// One reading for one scrape, and a failure leaves samples out.
import t from 'tap';
import { packetCountReader } from '../../lib/http/packet-count-reader.js';
import { silentLog } from '../../lib/proxier/log.js';
import { fakeClock } from '../support/fake-clock.js';

t.test('readings that come together share one; later ones are new; a failure is none', async (t) => {
  const clock = fakeClock();
  let reads = 0;
  let fails = false;
  const read = packetCountReader(
    async () => {
      reads += 1;
      if (fails) throw new Error('no iptables');
      return { invalidDropped: reads, localhostNodePorts: 0 };
    },
    clock,
    silentLog,
  );
  t.strictSame(await Promise.all([read(), read()]), [
    { invalidDropped: 1, localhostNodePorts: 0 },
    { invalidDropped: 1, localhostNodePorts: 0 },
  ]);
  await clock.advance(1_000);
  fails = true;
  t.equal(await read(), undefined);
  await clock.advance(1_000);
  fails = false;
  t.match(await read(), { invalidDropped: 3 });
});

t.test(
  'a scrape does not wait for an iptables that waits for its lock, and no second one is started',
  async (t) => {
    const clock = fakeClock();
    const waiting: ((counts: { invalidDropped: number; localhostNodePorts: number }) => void)[] = [];
    const read = packetCountReader(() => new Promise((resolve) => waiting.push(resolve)), clock, silentLog);
    const first = Promise.all([read(), read()]);
    await clock.advance(1_000);
    t.strictSame(await first, [undefined, undefined]);
    const second = read();
    await clock.advance(900);
    t.equal(waiting.length, 1);
    waiting[0]?.({ invalidDropped: 7, localhostNodePorts: 0 });
    t.match(await second, { invalidDropped: 7 });
    t.equal(clock.waiting(), 0, 'no timer is left');
    t.match(await read(), { invalidDropped: 7 }, 'it is kept from when it came');
  },
);

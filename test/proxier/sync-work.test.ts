// What goes with a sync: when the rules are read back, what a look at the host finds, and what is left of a failure.
import t from 'tap';
import { SyncWork } from '../../lib/proxier/sync-work.js';
import { fakeWorld, plainHost } from '../support/fake-edges.js';
import { service } from '../support/objects.js';

t.test('rules are read back once in a sync period, not with each sync', async (t) => {
  const world = fakeWorld();
  const work = new SyncWork(world.options);
  const forgets = () => world.tell().filter((line) => line === 'forget rules').length;
  await work.sync();
  t.equal(forgets(), 1);
  await world.clock.advance(29_000);
  await work.sync();
  t.equal(forgets(), 0);
  await world.clock.advance(1_001);
  await work.sync();
  t.equal(forgets(), 1);
});

t.test('a look asks for a sync when the host or the rules changed', async (t) => {
  const world = fakeWorld();
  const work = new SyncWork(world.options);
  let needs = 0;
  const look = async () => {
    needs = 0;
    await work.look(() => {
      needs += 1;
    });
    return needs;
  };
  await work.sync();
  t.equal(await look(), 0);
  world.host = { ...plainHost };
  t.equal(await look(), 1);
  await work.sync();
  world.drifted = true;
  t.equal(await look(), 1);
  t.equal(work.counters.read().driftsTotal, 1);
  world.options.rules.check = async () => {
    throw new Error('no iptables');
  };
  world.host = { ...plainHost };
  await t.rejects(look());
  t.equal(needs, 1, 'the host was heard all the same');
});

t.test('a host that can not be read fails the sync, and the next one starts afresh', async (t) => {
  const world = fakeWorld();
  const work = new SyncWork(world.options);
  const { host } = world.options;
  const read = host.read;
  world.options.model.upsert(service('web', '10.96.0.1'));
  host.read = async () => {
    throw new Error('no /proc');
  };
  await t.rejects(work.sync(), { message: 'no /proc' });
  t.equal(work.isUnderWay, false);
  t.match(world.reports, [{ ok: false }]);
  t.equal(work.health.read().healthy, false);
  host.read = read;
  t.match(await work.sync(), { rulesInPlace: true });
  t.equal(work.health.read().healthy, true);
  t.equal(work.taken.snapshot.servicePorts.size, 1);
});

t.test('a refresh without a sync under way takes nothing from the model', async (t) => {
  const world = fakeWorld();
  const work = new SyncWork(world.options);
  world.options.model.upsert(service('web', '10.96.0.1'));
  work.refresh();
  t.equal(world.options.model.isDirty(), true);
});

// The ring under round robin: places, turns, and what an update carries over.
import t from 'tap';
import { Rotation } from '../../lib/balance/rotation.js';

const [a, b, c] = [1, 2, 3].map((last) => ({ ip: `10.0.0.${last}`, port: 80 })) as [
  { ip: string; port: number },
  { ip: string; port: number },
  { ip: string; port: number },
];

t.test('a turn is a place, and moves the position past it', async (t) => {
  const rotation = new Rotation();
  t.equal(rotation.turn(0), undefined);
  rotation.replace([a, b]);
  t.same([rotation.turn(0), rotation.turn(0), rotation.turn(0)], [0, 1, 0]);
  t.equal(rotation.position, 1);
});

t.test('the same array again changes nothing', async (t) => {
  const rotation = new Rotation();
  const endpoints = [a, b];
  rotation.replace(endpoints);
  rotation.setAside(b, 10);
  rotation.replace(endpoints);
  t.equal(rotation.endpoints, endpoints);
  t.ok(rotation.isSetAside(1, 9));
  t.notOk(rotation.isSetAside(1, 10), 'until its time, not longer');
});

t.test('places follow their endpoints through an update', async (t) => {
  const rotation = new Rotation();
  rotation.replace([a, b, c]);
  rotation.setAside(c, 10);
  rotation.replace([c, a]);
  t.equal(rotation.placeOf(c), 0);
  t.equal(rotation.placeOf(b), undefined);
  t.ok(rotation.isSetAside(0, 0));
  t.notOk(rotation.isSetAside(1, 0));
  rotation.restore(c);
  t.notOk(rotation.isSetAside(0, 0));
});

t.test('the first turn is where it was told, whenever nobody is left from before', async (t) => {
  const [a, b, c, d] = ['10.0.0.1', '10.0.0.2', '10.0.0.3', '10.0.0.4'].map((ip) => ({ ip, port: 80 }));
  if (!a || !b || !c || !d) throw new Error('there are four');
  const rotation = new Rotation(5);
  rotation.replace([a, b, c]);
  t.same([rotation.turn(0), rotation.turn(0), rotation.turn(0)], [2, 0, 1]);
  rotation.replace([]);
  t.equal(rotation.turn(0), undefined);
  rotation.replace([a, b]);
  t.equal(rotation.turn(0), 1);
  rotation.replace([c, d]);
  t.equal(rotation.turn(0), 1, 'all of them are new');
});

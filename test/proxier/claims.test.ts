// What is known of nodePorts that could not be held, and when they are asked for again.
import t from 'tap';
import { Claims } from '../../lib/proxier/claims.js';
import { ListenError } from '../../lib/proxier/data-plane.js';
import { fakeClock } from '../support/fake-clock.js';

const inUse = new ListenError('port-in-use', 'port 30080 is in use');
const key = 'default/web/TCP/IPv4';

t.test(
  'a port of another process is blocked, and asked for again after a while or when ports were freed',
  async (t) => {
    const clock = fakeClock();
    const claims = new Claims(clock, () => 30_000);
    t.equal(claims.isDue(key, 30_080), true);
    claims.failed(key, 30_080, inUse);
    t.equal(claims.isDue(key, 30_080), false);
    t.equal(claims.isDue(key, 30_081), true, 'another port is another question');
    t.same([...claims.blocked], [key]);
    await clock.advance(30_000);
    t.equal(claims.isDue(key, 30_080), true);
    claims.failed(key, 30_080, inUse);
    claims.portsFreed();
    t.equal(claims.isDue(key, 30_080), true);
    claims.over(key);
    t.equal(claims.blocked.size, 0);
    t.same([...claims.failures()], []);
  },
);

t.test('what is wrong with ourselves leaves the port to nobody else', async (t) => {
  const claims = new Claims(fakeClock(), () => 30_000);
  claims.failed(key, 30_080, new ListenError('no-descriptors', 'no descriptor is left'));
  t.equal(claims.blocked.size, 0);
  t.match([...claims.failures()], [[key, { port: 30_080, error: { reason: 'no-descriptors' } }]]);
});

t.test(
  'the same set while the same ones are blocked; none of those that are not wanted any more',
  async (t) => {
    const claims = new Claims(fakeClock(), () => 30_000);
    claims.failed(key, 30_080, inUse);
    const { blocked } = claims;
    claims.failed(key, 30_080, inUse);
    t.equal(claims.blocked, blocked);
    claims.keepOnly(() => false);
    t.equal(claims.blocked.size, 0);
  },
);

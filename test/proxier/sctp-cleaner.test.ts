// Which conntrack entries of SCTP are asked to be deleted, and when again.
import t from 'tap';
import type { SctpPortal } from '../../lib/proxier/conntrack.js';
import { silentLog } from '../../lib/proxier/log.js';
import { SctpCleaner } from '../../lib/proxier/sctp-cleaner.js';
import { portal } from '../states/example-portals.js';

function cleanerWithStory() {
  const asked: string[] = [];
  const state = { isBroken: false };
  const conntrack = {
    deleteStaleUdp: async () => 0,
    async deleteStaleSctp(portals: readonly SctpPortal[]) {
      asked.push(portals.map(({ ip, port, proxyPort }) => `${ip}:${port}>${proxyPort}`).join(' '));
      if (state.isBroken) throw new Error('table busy');
      return portals.length;
    },
  };
  return { cleaner: new SctpCleaner(conntrack, silentLog), asked, state };
}

const none = new Set<'IPv4' | 'IPv6'>();
const at = (proxyPort: number, refused = false) =>
  portal('10.96.0.7', 3868, { protocol: 'SCTP', proxyPort, refused });

t.test('a portal that is new or leads to another port; not one that stays, is refused or goes', async (t) => {
  const { cleaner, asked } = cleanerWithStory();
  t.equal(await cleaner.clean([at(10_000), portal('10.96.0.8', 80)], none), 1);
  t.equal(await cleaner.clean([at(10_000), portal('10.96.0.9', 80)], none), 0);
  t.equal(await cleaner.clean([at(10_000, true)], none), 0);
  t.equal(await cleaner.clean([at(10_002)], none), 1);
  t.equal(await cleaner.clean([], none), 0);
  t.same(asked, ['10.96.0.7:3868>10000', '10.96.0.7:3868>10002']);
});

t.test('what failed, and what is of a family whose rules failed, is tried again', async (t) => {
  const { cleaner, asked, state } = cleanerWithStory();
  const portals = [at(10_000), portal('fd00:10:96::7', 3868, { protocol: 'SCTP', proxyPort: 10_000 })];
  state.isBroken = true;
  t.equal(await cleaner.clean(portals, none), undefined);
  state.isBroken = false;
  t.equal(await cleaner.clean(portals, new Set(['IPv6'])), 1);
  t.equal(await cleaner.clean(portals, none), 1);
  t.equal(await cleaner.clean(portals, none), 0);
  t.same(asked.slice(1), ['10.96.0.7:3868>10000', 'fd00:10:96::7:3868>10000']);
});

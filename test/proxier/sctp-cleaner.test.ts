// Which conntrack entries of SCTP are asked to be deleted, and when again.
import t from 'tap';
import type { FlowPortal } from '../../lib/proxier/conntrack.js';
import { silentLog } from '../../lib/proxier/log.js';
import { SctpCleaner } from '../../lib/proxier/sctp-cleaner.js';
import { portal } from '../states/example-portals.js';

function cleanerWithStory() {
  const asked: string[] = [];
  const state = { isBroken: false };
  const conntrack = {
    deleteStaleUdp: async () => 0,
    async deleteStaleSctp(portals: readonly FlowPortal[]) {
      asked.push(portals.map(({ ip, port, proxyPorts }) => `${ip}:${port}>${proxyPorts}`).join(' '));
      if (state.isBroken) throw new Error('table busy');
      return portals.length;
    },
  };
  return { cleaner: new SctpCleaner(conntrack, silentLog), asked, state };
}

const none = new Set<'IPv4' | 'IPv6'>();
const local = new Set(['192.0.2.1']);
const at = (proxyPort: number, clusterPort?: number) =>
  portal('10.96.0.7', 3868, {
    protocol: 'SCTP',
    proxyPort,
    ...(clusterPort !== undefined && { clusterPort }),
  });

t.test('a portal that is new or leads to another port; not one that stays or goes', async (t) => {
  const { cleaner, asked } = cleanerWithStory();
  t.equal(await cleaner.clean([at(10_000), portal('10.96.0.8', 80)], none, local), 1);
  t.equal(await cleaner.clean([at(10_000), portal('10.96.0.9', 80)], none, local), 0);
  t.equal(await cleaner.clean([at(10_002)], none, local), 1);
  t.equal(await cleaner.clean([at(10_002, 10_004)], none, local), 1, 'another way for the cluster');
  t.equal(await cleaner.clean([], none, local), 0);
  t.same(asked, ['10.96.0.7:3868>10000', '10.96.0.7:3868>10002', '10.96.0.7:3868>10004,10002']);
});

t.test('what failed, and what is of a family whose rules failed, is tried again', async (t) => {
  const { cleaner, asked, state } = cleanerWithStory();
  const portals = [at(10_000), portal('fd00:10:96::7', 3868, { protocol: 'SCTP', proxyPort: 10_000 })];
  state.isBroken = true;
  t.equal(await cleaner.clean(portals, none, local), undefined);
  state.isBroken = false;
  t.equal(await cleaner.clean(portals, new Set(['IPv6']), local), 1);
  t.equal(await cleaner.clean(portals, none, local), 1);
  t.equal(await cleaner.clean(portals, none, local), 0);
  t.same(asked.slice(1), ['10.96.0.7:3868>10000', 'fd00:10:96::7:3868>10000']);
});

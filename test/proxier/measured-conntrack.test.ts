// What cleaning conntrack costs, by family.
import t from 'tap';
import type { FlowPortal } from '../../lib/proxier/conntrack.js';
import { type ConntrackReport, measuredConntrack } from '../../lib/proxier/measured-conntrack.js';
import { fakeClock } from '../support/fake-clock.js';

const portal = (ipFamily: 'IPv4' | 'IPv6', ip: string): FlowPortal => ({
  ipFamily,
  ip,
  port: 53,
  proxyPorts: [40_000],
});

t.test(
  'each family is cleaned on its own and told with its time and count; the sum is answered',
  async (t) => {
    const clock = fakeClock();
    const reports: ConntrackReport[] = [];
    const asked: string[] = [];
    const clean = async (portals: readonly FlowPortal[]) => {
      asked.push(portals.map(({ ip }) => ip).join(' '));
      await clock.advance(7);
      return portals.length;
    };
    const measured = measuredConntrack(
      { deleteStaleUdp: clean, deleteStaleSctp: clean },
      clock,
      (report) => void reports.push(report),
    );
    const portals = [portal('IPv4', '10.96.0.1'), portal('IPv6', 'fd00::1'), portal('IPv4', '10.96.0.2')];
    t.equal(await measured.deleteStaleUdp(portals), 3);
    t.strictSame(asked, ['10.96.0.1 10.96.0.2', 'fd00::1']);
    t.equal(await measured.deleteStaleSctp([portal('IPv6', 'fd00::1')]), 1);
    t.strictSame(reports, [
      { ipFamily: 'IPv4', durationMs: 7, deleted: 2 },
      { ipFamily: 'IPv6', durationMs: 7, deleted: 1 },
      { ipFamily: 'IPv6', durationMs: 7, deleted: 1 },
    ]);
  },
);

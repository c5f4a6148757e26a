// The filter table's jumps, which hang only where they are needed, and ports that are listed twice.
import t from 'tap';
import { jumps } from '../../lib/rules/chains.js';
import { filterTable, invalidRule, localhostRule } from '../../lib/rules/filter-chains.js';
import type { ProxyPort } from '../../lib/rules/portal.js';

const noGuards = { root: [], chains: new Map() };
const guards = { root: ['-d 203.0.113.1/32 -j DROP'], chains: new Map() };

t.test('every packet of the host passes OUTPUT: its jump waits for a source range', async (t) => {
  const table: readonly [guarded: boolean, dropInvalid: boolean, from: readonly string[]][] = [
    [false, false, ['INPUT']],
    [false, true, ['INPUT', 'FORWARD']],
    [true, false, ['INPUT', 'FORWARD', 'OUTPUT']],
    [true, true, ['INPUT', 'FORWARD', 'OUTPUT']],
  ];
  for (const [guarded, dropInvalid, from] of table) {
    const wishes = {
      ipFamily: 'IPv4',
      proxyPorts: [],
      guards: guarded ? guards : noGuards,
      dropInvalid,
    } as const;
    const filter = filterTable(wishes);
    t.same(
      filter.jumps.map((jump) => jump.from),
      from,
    );
    t.equal(filter.chains.get('KUBE-PORTALS-FORWARD')?.includes(invalidRule), dropInvalid);
  }
  t.equal(jumps.filter.length, 3);
});

t.test('a port that is listed twice is closed only if both say so', async (t) => {
  const refuseRules = (...dispositions: ProxyPort['disposition'][]) =>
    filterTable({
      ipFamily: 'IPv4',
      proxyPorts: dispositions.map((disposition) => ({
        protocol: 'TCP',
        port: 1,
        ipFamily: 'IPv4',
        disposition,
      })),
      guards: noGuards,
      dropInvalid: false,
    }).chains.get('KUBE-PORTALS-REFUSE');
  t.same(refuseRules('serve', 'refuse'), []);
  t.same(refuseRules('refuse', 'serve'), []);
  t.same(refuseRules('drop', 'drop'), ['-p tcp -m multiport --dports 1 -j DROP']);
});

t.test('loopback of each family, as iptables-save prints it', async (t) => {
  t.match(localhostRule('IPv4'), /--ctorigdst 127\.0\.0\.0\/8 /);
  t.match(localhostRule('IPv6'), /--ctorigdst ::1 /);
});

// Portals read back from rules: ours, and those that kube-proxy's userspace mode left.
import t from 'tap';
import type { StandingPortal } from '../../lib/rules/portal.js';
import { parseSave, standingRules } from '../../lib/rules/save-text.js';
import { standingPortals } from '../../lib/rules/standing-portals.js';
import { desire, manyNodePorts, manyPortals } from '../states/example-portals.js';
import { scenes } from '../states/scenes.js';
import { chainsOf } from '../states/state.js';

const sourceRanges = Array.from({ length: 20 }, (_, index) => `192.0.2.${index}/32`);

t.test('every portal comes back with its ways, once, from however deep in the tree', async (t) => {
  const cases = [
    ...Object.values(scenes),
    { ipFamily: 'IPv4', desired: desire(manyPortals(500)) },
    { ipFamily: 'IPv6', desired: desire(manyPortals(500, 'IPv6')) },
    { ipFamily: 'IPv4', desired: desire(manyNodePorts(2_768)) },
    { ipFamily: 'IPv4', desired: desire(manyPortals(50, 'IPv4', { sourceRanges })) },
    { ipFamily: 'IPv4', desired: desire(manyPortals(50, 'IPv4', { sourceRanges, clusterPort: 9 })) },
  ] as const;
  for (const { ipFamily, desired } of cases) {
    const expected = desired.portals
      .filter((portal) => portal.ipFamily === ipFamily)
      .filter(({ sourceRanges }) => sourceRanges?.length !== 0) // nobody may use it: it has no rule
      .map(({ ip, port, protocol, ways }) => ({ ipFamily, ip, port, protocol, ways }));
    const byText = (items: readonly object[]) => items.map((item) => JSON.stringify(item)).sort();
    t.same(byText(standingPortals(chainsOf(desired, ipFamily), ipFamily)), byText(expected));
  }
});

t.test('rules of an old kube-proxy', async (t) => {
  const text = `*nat
:KUBE-NODEPORT-CONTAINER - [0:0]
:KUBE-PORTALS-CONTAINER - [0:0]
:KUBE-PORTALS-HOST - [0:0]
-A KUBE-NODEPORT-CONTAINER -p tcp -m comment --comment "default/web:http" -m tcp --dport 30080 -j REDIRECT --to-ports 40001
-A KUBE-PORTALS-CONTAINER -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https" -m tcp --dport 443 -j REDIRECT --to-ports 40000
-A KUBE-PORTALS-CONTAINER -d 1.2.3.4/32 -p tcp -m comment --comment "default/web:http" -m tcp --dport 80 -m addrtype --dst-type LOCAL -j REDIRECT --to-ports 40001
-A KUBE-PORTALS-HOST -d 10.96.0.1/32 -p tcp -m comment --comment "default/kubernetes:https" -m tcp --dport 443 -j DNAT --to-destination 192.168.0.5:40999
-A KUBE-PORTALS-HOST -d 10.96.0.10/32 -p udp -m comment --comment "kube-system/dns" -m udp --dport 53 -j DNAT --to-destination 192.168.0.5:40002
-A KUBE-PORTALS-HOST -d 10.96.0.0/16 -j RETURN
COMMIT
`;
  t.same(standingPortals(standingRules(parseSave(text)), 'IPv4'), [
    { ipFamily: 'IPv4', ip: '10.96.0.1', port: 443, protocol: 'TCP', ways: toAll(40_000) },
    { ipFamily: 'IPv4', ip: '1.2.3.4', port: 80, protocol: 'TCP', ways: toAll(40_001) },
    { ipFamily: 'IPv4', ip: '10.96.0.10', port: 53, protocol: 'UDP', ways: toAll(40_002) },
    { ipFamily: 'IPv4', ip: '', port: 30_080, protocol: 'TCP', ways: toAll(40_001) },
  ]);
});

function toAll(proxyPort: number): StandingPortal['ways'] {
  return [{ from: 'everybody', proxyPort }];
}

// What chains of a tree are called, and what leads there.
import t from 'tap';
import { addressSpace, nodePortSpace } from '../../lib/rules/key-space.js';
import { portalKeyDigits } from '../../lib/rules/portal-key.js';
import { nodePort, portal } from '../states/example-portals.js';

t.test('a chain of portals by their address', async (t) => {
  const digits = portalKeyDigits(portal('10.97.2.3', 8081, { protocol: 'UDP' }));
  const { match, chainName } = addressSpace('IPv4');
  const table: readonly [bits: number, name: string, match: string][] = [
    [14, 'KUBE-PORTALS-0a600000-14', '-d 10.96.0.0/14'],
    [32, 'KUBE-PORTALS-0a610203-32', '-d 10.97.2.3/32'],
    [36, 'KUBE-PORTALS-0a6102031-36', '-d 10.97.2.3/32 -p udp'],
    [52, 'KUBE-PORTALS-61020311f91-52', '-d 10.97.2.3/32 -p udp -m udp --dport 8081'],
  ];
  for (const [bits, name, matched] of table) {
    t.equal(chainName(digits, bits), name);
    t.equal(match(digits, bits), matched);
  }
  const longest = portalKeyDigits(portal('fd00:10:96::abcd', 65_535));
  t.equal(addressSpace('IPv6').chainName(longest, 148).length, 28, 'as long as it can be');
});

t.test('a chain of nodePorts by protocol and port', async (t) => {
  const digits = portalKeyDigits(nodePort('IPv6', 30_001, { protocol: 'SCTP' }));
  const table: readonly [bits: number, name: string, match: string][] = [
    [4, 'KUBE-NODEPORT-S0000-0', '-p sctp'],
    [10, 'KUBE-NODEPORT-S7400-6', '-p sctp -m sctp --dport 29696:30719'],
    [16, 'KUBE-NODEPORT-S7530-12', '-p sctp -m sctp --dport 30000:30015'],
  ];
  for (const [bits, name, matched] of table) {
    t.equal(nodePortSpace.chainName(digits, bits), name);
    t.equal(nodePortSpace.match(digits, bits), matched);
  }
});

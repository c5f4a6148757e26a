// The node-port chains: nothing where there are no nodePorts, and a way by each address where not all have them.
import t from 'tap';
import {
  containerChain,
  hostChain,
  nodePortContainerChain,
  nodePortHostChain,
} from '../../lib/rules/chains.js';
import { natTable } from '../../lib/rules/nat-chains.js';

const none = { root: [], chains: new Map() };
const web = { root: ['-p tcp -j REDIRECT --to-ports 1'], chains: new Map() };
const everywhere = { nodePortAddresses: 'all', localhostNodePorts: true } as const;
const some = (...addresses: string[]) => ({
  nodePortAddresses: { IPv4: addresses, IPv6: ['fd00::1'] },
  localhostNodePorts: true,
});

t.test('four roots, empty', async (t) => {
  for (const offer of [everywhere, { ...everywhere, localhostNodePorts: false }, some('192.0.2.1')]) {
    t.same(
      [...natTable(none, none, offer, 'IPv4').chains],
      [containerChain, hostChain, nodePortContainerChain, nodePortHostChain].map((name) => [name, []]),
    );
  }
});

t.test('arriving packets and the host’s own find the same', async (t) => {
  const { chains } = natTable(web, none, everywhere, 'IPv4');
  t.same([chains.get(containerChain), chains.get(hostChain)], [web.root, web.root]);
  const { chains: ofNodePorts } = natTable(none, web, everywhere, 'IPv4');
  t.same([ofNodePorts.get(nodePortContainerChain), ofNodePorts.get(nodePortHostChain)], [web.root, web.root]);
});

t.test('addresses in any order, and twice, are the same rules', async (t) => {
  const rootOf = (...addresses: string[]) =>
    natTable(none, web, some(...addresses), 'IPv4').chains.get(nodePortHostChain);
  t.same(rootOf('192.0.2.1', '127.0.0.1'), [
    '-d 127.0.0.1/32 -g KUBE-NODEPORT-OFFERED',
    '-d 192.0.2.1/32 -g KUBE-NODEPORT-OFFERED',
  ]);
  t.same(rootOf('127.0.0.1', '192.0.2.1', '127.0.0.1'), rootOf('192.0.2.1', '127.0.0.1'));
  t.same(rootOf(), [], 'no address of the family: nowhere');
});

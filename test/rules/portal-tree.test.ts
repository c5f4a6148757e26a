// The tree's promises: every portal is found, names fit, the depth has a bound, and little moves when one portal comes.
import t from 'tap';
import type { IpFamily } from '../../lib/model/ip.js';
import type { Portal } from '../../lib/rules/portal.js';
import { createPortalRules } from '../../lib/rules/portal-rule.js';
import { type PortalTree, portalTree } from '../../lib/rules/portal-tree.js';
import { manyPortals, portal, redirect } from '../states/example-portals.js';
import { walk } from '../states/walk.js';

function treeOf(portals: readonly Portal[], ipFamily: IpFamily = 'IPv4'): PortalTree {
  const rules = createPortalRules();
  return portalTree(
    portals.map((item) => rules(item, redirect)),
    ipFamily,
  );
}

/** Each portal's packet from the root: how many end elsewhere, and the worst of all ways. */
function walkAll(portals: readonly Portal[], { root, chains }: PortalTree) {
  const all = new Map([['root', root], ...chains]);
  let lost = 0;
  let deepest = 0;
  for (const { ip, port, protocol, proxyPort } of portals) {
    const packet = { ip, port, protocol: protocol.toLowerCase() as 'tcp' | 'udp' | 'sctp' };
    const { verdict, depth } = walk(all, 'root', packet);
    if (verdict !== `REDIRECT --to-ports ${proxyPort}`) lost += 1;
    deepest = Math.max(deepest, depth);
  }
  return { lost, deepest };
}

t.test('no portals, no rules', async (t) => {
  t.same(treeOf([]), { root: [], chains: new Map() });
});

t.test('sixteen portals stand in the root, one more makes a tree', async (t) => {
  t.equal(treeOf(manyPortals(16)).chains.size, 0);
  const tree = treeOf(manyPortals(17));
  t.same(tree.root, ['-d 10.96.0.0/12 -g KUBE-PORTALS-0a600000-12']);
});

t.test('one address, three protocols and a thousand ports: every portal is found', async (t) => {
  for (const ip of ['10.96.0.1', 'fd00:10:96::1']) {
    const portals = Array.from({ length: 1000 }, (_, index) => {
      const protocol = (['TCP', 'UDP', 'SCTP'] as const)[index % 3] ?? 'TCP';
      return portal(ip, 1 + ((index * 7919) % 65_535), { protocol, proxyPort: 1000 + index });
    });
    const tree = treeOf(portals, ip.includes(':') ? 'IPv6' : 'IPv4');
    t.equal(walkAll(portals, tree).lost, 0);
  }
});

t.test('names fit in the 28 characters that iptables has for them', async (t) => {
  const ports = Array.from({ length: 100 }, (_, index) => portal('fd00:10:96::1', 65_535 - index));
  for (const chains of [
    treeOf(manyPortals(1000)).chains,
    treeOf(manyPortals(1000, 'IPv6'), 'IPv6').chains,
    treeOf(ports, 'IPv6').chains,
  ]) {
    t.same(
      [...chains.keys()].filter((name) => name.length > 28),
      [],
    );
  }
});

t.test('addresses laid out to nest as deep as can be stay within the kernel’s 16 jumps', async (t) => {
  // At each level one portal turns off and the rest go on, down to the last two bits of the address.
  const portals: Portal[] = [];
  for (let bit = 0; bit < 32; bit += 2) {
    for (let slot = 1; slot < 4; slot += 1) {
      for (let host = 0; host < 20 && host < 2 ** (30 - bit); host += 1) {
        const address = slot * 2 ** (30 - bit) + host;
        const ip = [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
        portals.push(portal(ip, 80, { proxyPort: 1000 + portals.length }));
      }
    }
  }
  const { lost, deepest } = walkAll(portals, treeOf(portals));
  t.equal(lost, 0);
  // PREROUTING and the root chain come before.
  t.ok(deepest + 1 <= 16, `${deepest} chains`);
});

t.test('two branches that come to one name: both still find their portals', async (t) => {
  // Far apart in their first digits and alike in the last eleven, with enough ports to need a chain each.
  const portals = ['10.96.0.1', '11.96.0.1'].flatMap((ip, index) =>
    Array.from({ length: 20 }, (_, port) =>
      portal(ip, 8000 + port, { proxyPort: 1000 + index * 100 + port }),
    ),
  );
  t.equal(walkAll(portals, treeOf(portals)).lost, 0);
  const alike = ['fd00:1::1', 'fd00:2::1'].flatMap((ip, index) =>
    Array.from({ length: 20 }, (_, port) =>
      portal(ip, 8000 + port, { proxyPort: 1000 + index * 100 + port }),
    ),
  );
  t.equal(walkAll(alike, treeOf(alike, 'IPv6')).lost, 0);
});

t.test('one portal more changes a leaf and what leads there, and nothing else', async (t) => {
  const portals = manyPortals(3000);
  for (let count = 2000; count < 3000; count += 50) {
    const before = treeOf(portals.slice(0, count)).chains;
    const after = treeOf(portals.slice(0, count + 1)).chains;
    const changed = [...after].filter(([name, rules]) => before.get(name)?.join('\n') !== rules.join('\n'));
    t.ok(changed.length <= 6, `${changed.length} chains`);
    t.ok(changed.flatMap(([, rules]) => rules).length <= 40);
  }
});

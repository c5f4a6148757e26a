// The tree's promises: every portal is found, names fit, the depth has a bound, and little moves when one portal comes.
import t from 'tap';
import type { IpFamily } from '../../lib/model/ip.js';
import { addressSpace, nodePortSpace } from '../../lib/rules/key-space.js';
import { createPortalRules } from '../../lib/rules/portal-rule.js';
import { type PortalTree, portalTree } from '../../lib/rules/portal-tree.js';
import {
  desire,
  type ExamplePortal,
  manyNodePorts,
  manyPortals,
  nodePort,
  portal,
} from '../states/example-portals.js';
import { walk } from '../states/walk.js';

function treeOf(portals: readonly ExamplePortal[], ipFamily: IpFamily = 'IPv4'): PortalTree {
  const rules = createPortalRules();
  const setting = desire(portals);
  return portalTree(
    portals.map((item) => rules(item, setting)),
    portals[0]?.kind === 'nodePort' ? nodePortSpace : addressSpace(ipFamily),
  );
}

/** Each portal's packet from the root: how many end elsewhere, and the worst of all ways. */
function walkAll(portals: readonly ExamplePortal[], { root, chains }: PortalTree) {
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
  const portals: ExamplePortal[] = [];
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

t.test('a portal with more than four rules has a chain of its own, right beside the others', async (t) => {
  const ranges = (count: number) => Array.from({ length: count }, (_, index) => `192.0.2.${index}/32`);
  const table: readonly [ranges: number, root: number, chains: number][] = [
    [4, 4, 0],
    [5, 1, 1],
    [200, 1, 1],
  ];
  for (const ip of ['10.96.0.1', 'fd00:10:96::1']) {
    for (const [count, root, chains] of table) {
      const guarded = portal(ip, 80, { sourceRanges: ip.includes(':') ? ranges6(count) : ranges(count) });
      const tree = treeOf([guarded, portal(ip, 81)], guarded.ipFamily);
      t.equal(tree.root.length, root + 1, `${count} ranges`);
      t.equal(tree.chains.size, chains);
    }
  }
  const own = treeOf([portal('10.96.0.1', 80, { sourceRanges: ranges(5) })]);
  t.same(own.root, ['-d 10.96.0.1/32 -p tcp -m tcp --dport 80 -g KUBE-PORTALS-60000100050-52']);
});

function ranges6(count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => `2001:db8::${index.toString(16)}/128`);
}

t.test('portals with several rules make leaves of at most sixteen rules too', async (t) => {
  const portals = manyPortals(500, 'IPv4', {
    sourceRanges: ['192.0.2.0/25', '198.51.100.0/24', '10.0.0.0/8'],
  });
  const { root, chains } = treeOf(portals);
  t.ok([root, ...chains.values()].every((rules) => rules.length <= 16));
});

t.test('every nodePort is found, in each protocol, after a short walk', async (t) => {
  const table: readonly [count: number, chains: number][] = [
    [16, 0],
    [17, 4],
    [2_768, 231],
  ];
  for (const [count, chains] of table) {
    const tree = treeOf(manyNodePorts(count));
    t.equal(walkAll(manyNodePorts(count), tree).lost, 0);
    t.equal(tree.chains.size, chains, `chains for ${count}`);
  }
  const mixed = Array.from({ length: 300 }, (_, index) =>
    nodePort('IPv4', 1 + ((index * 7_919) % 65_535), {
      protocol: (['TCP', 'UDP', 'SCTP'] as const)[index % 3] ?? 'TCP',
      proxyPort: 1000 + index,
    }),
  );
  const { lost, deepest } = walkAll(mixed, treeOf(mixed));
  t.equal(lost, 0);
  t.ok(deepest <= 10, `${deepest} chains`);
});

t.test('one nodePort more changes a leaf and what leads there, and nothing else', async (t) => {
  const portals = manyNodePorts(2_768);
  for (let count = 1_000; count < 2_768; count += 100) {
    const before = treeOf(portals.slice(0, count)).chains;
    const after = treeOf(portals.slice(0, count + 1)).chains;
    const changed = [...after].filter(([name, rules]) => before.get(name)?.join('\n') !== rules.join('\n'));
    t.ok(changed.length <= 6, `${changed.length} chains`);
    t.ok(changed.flatMap(([, rules]) => rules).length <= 40);
  }
});

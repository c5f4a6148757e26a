// Who sends a packet: the cluster or everybody, and of them those in the source ranges.
import t from 'tap';
import type { DetectLocal, PortalWay } from '../../lib/rules/portal.js';
import { sourceMatches } from '../../lib/rules/sources.js';

const byCidr: DetectLocal = { kind: 'cidrs', cidrs: { IPv4: ['10.244.0.0/16'], IPv6: ['fd00:10:244::/56'] } };
const byName: DetectLocal = { kind: 'interface', match: 'cali+' };
const host = '-m addrtype --src-type LOCAL';

const table: readonly [
  from: PortalWay['from'],
  ranges: readonly string[] | undefined,
  detectLocal: DetectLocal,
  matches: readonly string[],
][] = [
  ['everybody', undefined, byCidr, ['']],
  ['everybody', [], byCidr, []],
  ['everybody', ['0.0.0.0/0'], byCidr, ['']],
  ['everybody', ['192.0.2.0/24', '192.0.2.0/24'], byCidr, ['-s 192.0.2.0/24']],
  ['cluster', undefined, byCidr, ['-s 10.244.0.0/16', host]],
  ['cluster', undefined, byName, ['-i cali+', host]],
  ['cluster', undefined, { kind: 'none' }, [host]],
  ['cluster', [], byCidr, []],
  ['cluster', ['192.0.2.0/24'], byCidr, [`-s 192.0.2.0/24 ${host}`]],
  ['cluster', ['10.0.0.0/8'], byCidr, ['-s 10.244.0.0/16', `-s 10.0.0.0/8 ${host}`]],
  ['cluster', ['10.244.7.0/24'], byCidr, ['-s 10.244.7.0/24', `-s 10.244.7.0/24 ${host}`]],
  ['cluster', ['10.0.0.0/8'], byName, ['-s 10.0.0.0/8 -i cali+', `-s 10.0.0.0/8 ${host}`]],
];

t.test('a match for each of them, and none twice', async (t) => {
  for (const [from, ranges, detectLocal, expected] of table) {
    const matches = sourceMatches(from, ranges, detectLocal, 'IPv4');
    const text = matches.map((match) =>
      `${match.address}${match.interface}${match.type}`.replace('  ', ' ').trim(),
    );
    t.same(text, expected, JSON.stringify([from, ranges, detectLocal]));
  }
});

t.test('pods of the other family are no pods here', async (t) => {
  t.equal(sourceMatches('cluster', undefined, byCidr, 'IPv6')[0]?.address, '-s fd00:10:244::/56 ');
  const broken: DetectLocal = { kind: 'cidrs', cidrs: { IPv4: ['fd00::/8'], IPv6: [] } };
  t.equal(sourceMatches('cluster', undefined, broken, 'IPv4').length, 1, 'the host alone');
});

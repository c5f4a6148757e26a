// The rules of one portal, and that they are made once.
import t from 'tap';
import type { DetectLocal } from '../../lib/rules/portal.js';
import { createPortalRules, portalRules } from '../../lib/rules/portal-rule.js';
import { desire, nodePort, portal } from '../states/example-portals.js';

const setting = desire([]);
const byDnat = desire([], {
  steering: { IPv4: { kind: 'dnat', to: '10.0.0.1' }, IPv6: { kind: 'dnat', to: 'fd00:77::1' } },
});

t.test('REDIRECT to the proxy port, or DNAT to a node address and it', async (t) => {
  t.same(portalRules(portal('10.96.0.1', 80), setting), [
    '-d 10.96.0.1/32 -p tcp -m comment --comment "default/web:http" -m tcp --dport 80 -j REDIRECT --to-ports 30000',
  ]);
  t.same(portalRules(portal('fd00::1', 53, { protocol: 'UDP' }), byDnat), [
    '-d fd00::1/128 -p udp -m comment --comment "default/web:http" -m udp --dport 53 -j DNAT --to-destination [fd00:77::1]:30000',
  ]);
});

t.test('a nodePort is on no address of its own', async (t) => {
  t.same(portalRules(nodePort('IPv4', 30_080), setting), [
    '-p tcp -m comment --comment "default/web:http" -m tcp --dport 30080 -j REDIRECT --to-ports 30000',
  ]);
});

t.test('the cluster goes its way first: pods, then this host, then the rest', async (t) => {
  const short = (text: string) => text.replace(/ -p tcp .* --dport 80/, '');
  const local = portal('203.0.113.5', 80, { clusterPort: 1, proxyPort: 2 });
  const table: readonly [detectLocal: DetectLocal, rules: readonly string[]][] = [
    [{ kind: 'none' }, []],
    [
      { kind: 'cidrs', cidrs: { IPv4: ['10.244.0.0/16', '10.8.0.0/16'], IPv6: ['fd00::/8'] } },
      [
        '-s 10.244.0.0/16 -d 203.0.113.5/32 -j REDIRECT --to-ports 1',
        '-s 10.8.0.0/16 -d 203.0.113.5/32 -j REDIRECT --to-ports 1',
      ],
    ],
    [{ kind: 'cidrs', cidrs: { IPv4: [], IPv6: ['fd00::/8'] } }, []],
    [{ kind: 'interface', match: 'br0' }, ['-d 203.0.113.5/32 -i br0 -j REDIRECT --to-ports 1']],
    [{ kind: 'interface', match: 'cali+' }, ['-d 203.0.113.5/32 -i cali+ -j REDIRECT --to-ports 1']],
  ];
  for (const [detectLocal, ofPods] of table) {
    t.same(portalRules(local, desire([], { detectLocal })).map(short), [
      ...ofPods,
      '-d 203.0.113.5/32 -m addrtype --src-type LOCAL -j REDIRECT --to-ports 1',
      '-d 203.0.113.5/32 -j REDIRECT --to-ports 2',
    ]);
  }
});

t.test('source ranges: a rule for who is in one, and a guard against the others', async (t) => {
  const rules = createPortalRules();
  const guard = (ranges: readonly string[]) =>
    rules(portal('203.0.113.5', 80, { sourceRanges: ranges }), setting);
  const { rules: members, guard: dropped } = guard(['192.0.2.0/24', '198.51.100.7/32']);
  t.match(members, [/^-s 192\.0\.2\.0\/24 -d 203/, /^-s 198\.51\.100\.7\/32 -d 203/]);
  t.equal(
    dropped,
    '-d 203.0.113.5/32 -p tcp -m comment --comment "default/web:http" -m tcp --dport 80 -j DROP',
  );
  t.same(guard([]).rules, [], 'none given: nobody');
  t.same(guard(['2001:db8::/32', 'nonsense']).rules, [], 'none of this family: nobody');
  t.ok(guard([]).guard);
  t.equal(rules(portal('203.0.113.5', 80), setting).guard, undefined);
});

t.test('nothing in a name gets out of the comment', async (t) => {
  const [rule] = portalRules(portal('10.96.0.1', 80, { name: 'x" -j ACCEPT\nCOMMIT\n' }), setting);
  t.match(rule, /--comment "default\/x__-j_ACCEPT_COMMIT_:http" /);
});

t.test('the rules of a portal are kept with it, until the setting changes', async (t) => {
  const rules = createPortalRules();
  const web = portal('10.96.0.1', 80);
  const first = rules(web, setting);
  t.equal(rules(web, { ...setting }), first);
  t.match(rules(web, byDnat).rules, [/DNAT --to-destination 10\.0\.0\.1:30000$/]);
  t.equal(rules(web, byDnat).digits, first.digits);
  t.match(rules(portal('10.96.0.1', 80, { proxyPort: 5 }), byDnat).rules, [/10\.0\.0\.1:5$/]);
  const local = portal('10.96.0.1', 80, { clusterPort: 7 });
  t.equal(rules(local, setting).rules.length, 2);
  t.equal(rules(local, { ...setting, detectLocal: { kind: 'interface', match: 'br0' } }).rules.length, 3);
});

// From one state to the next: only what differs is written, in an order that iptables-restore can follow.
import t from 'tap';
import { cleanupText, restoreText, rulesWrittenBy } from '../../lib/rules/restore-text.js';
import { parseSave, standingRules } from '../../lib/rules/save-text.js';
import { desire, manyPortals, portal } from '../states/example-portals.js';
import { chainsOf } from '../states/state.js';

const web = portal('10.96.0.1', 80, { proxyPort: 40_000 });
const dns = portal('10.96.0.10', 53, { proxyPort: 40_001, protocol: 'UDP' });

t.test('nothing to do is an empty text', async (t) => {
  t.same(restoreText(chainsOf(desire([web])), chainsOf(desire([web]))), {
    text: '',
    rulesWritten: 0,
    rulesDeleted: 0,
  });
});

t.test('to zero endpoints: one rule in the filter, and nat is not touched', async (t) => {
  const { text, rulesWritten, rulesDeleted } = restoreText(
    chainsOf(desire([web, dns])),
    chainsOf(desire([{ ...web, disposition: 'refuse' }, dns])),
  );
  t.equal(
    text,
    `*filter
:KUBE-PORTALS-REFUSE - [0:0]
-A KUBE-PORTALS-REFUSE -p tcp -m multiport --dports 40000 -j REJECT --reject-with tcp-reset
COMMIT
`,
  );
  t.same([rulesWritten, rulesDeleted], [1, 0]);
});

t.test('a stale chain is emptied with the others and deleted last', async (t) => {
  const portals = manyPortals(17);
  const { text, rulesDeleted } = restoreText(
    chainsOf(desire(portals)),
    chainsOf(desire(portals.slice(0, 1))),
  );
  const nat = text.slice(text.indexOf('*nat'));
  t.equal(
    nat.replaceAll(/^-A .*\n/gm, ''),
    `*nat
:KUBE-PORTALS-CONTAINER - [0:0]
:KUBE-PORTALS-HOST - [0:0]
:KUBE-PORTALS-0a600000-12 - [0:0]
:KUBE-PORTALS-0a600000-14 - [0:0]
:KUBE-PORTALS-0a640000-14 - [0:0]
:KUBE-PORTALS-0a680000-14 - [0:0]
:KUBE-PORTALS-0a6c0000-14 - [0:0]
-X KUBE-PORTALS-0a600000-12
-X KUBE-PORTALS-0a600000-14
-X KUBE-PORTALS-0a640000-14
-X KUBE-PORTALS-0a680000-14
-X KUBE-PORTALS-0a6c0000-14
COMMIT
`,
  );
  t.ok(rulesDeleted >= 23);
});

t.test('a jump that is missing is put at the top, and only that', async (t) => {
  const desired = chainsOf(desire([web]));
  const standing = {
    ...desired,
    nat: { ...desired.nat, jumps: desired.nat.jumps.filter((_, at) => at !== 1) },
  };
  t.equal(
    restoreText(standing, desired).text,
    `*nat
-I OUTPUT -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-HOST
COMMIT
`,
  );
});

t.test('the jump to the nodePorts is appended, and only where it is missing', async (t) => {
  const desired = chainsOf(desire([web]));
  const standing = { ...desired, nat: { ...desired.nat, jumps: desired.nat.jumps.slice(0, 3) } };
  const { text, rulesWritten, rulesDeleted } = restoreText(standing, desired);
  t.equal(
    text,
    `*nat
-A OUTPUT -m addrtype --dst-type LOCAL -m comment --comment "handle service NodePorts; NOTE: this must be the last rule in the chain" -j KUBE-NODEPORT-HOST
COMMIT
`,
  );
  t.same([rulesWritten, rulesDeleted], [1, 0]);
});

t.test('jumps of the filter come with the first source range, and go with the last', async (t) => {
  const open = chainsOf(desire([web], { dropInvalid: false }));
  const guarded = chainsOf(
    desire([portal('10.96.0.1', 80, { proxyPort: 40_000, sourceRanges: ['0.0.0.0/0'] })], {
      dropInvalid: false,
    }),
  );
  const filterOf = (text: string) => text.split('*nat')[0];
  const forward = '-m conntrack ! --ctstate RELATED,ESTABLISHED -m comment --comment "to others"';
  const output = '-m conntrack ! --ctstate RELATED,ESTABLISHED -m comment --comment "source ranges"';
  t.equal(
    filterOf(restoreText(open, guarded).text),
    `*filter
:KUBE-PORTALS-FIREWALL - [0:0]
-A KUBE-PORTALS-FIREWALL -d 10.96.0.1/32 -p tcp -m comment --comment "default/web:http" -m tcp --dport 80 -j DROP
-I FORWARD ${forward} -j KUBE-PORTALS-FORWARD
-I OUTPUT ${output} -j KUBE-PORTALS-FIREWALL
COMMIT
`,
  );
  const back = restoreText(guarded, open);
  t.equal(
    back.text,
    `*filter
:KUBE-PORTALS-FIREWALL - [0:0]
-D FORWARD ${forward} -j KUBE-PORTALS-FORWARD
-D OUTPUT ${output} -j KUBE-PORTALS-FIREWALL
COMMIT
`,
  );
  t.same([back.rulesWritten, back.rulesDeleted], [0, 3]);
});

t.test('a rule that was read back in another spelling is not written again', async (t) => {
  const desired = chainsOf(desire([web]));
  const respelled = [
    '-d 10.96.0.1/32 -p tcp -m tcp --dport 80 -m comment --comment "default/web:http" -j REDIRECT --to-ports 40000',
  ];
  const chains = new Map(
    [...desired.nat.chains].map(([name, rules]) => [name, rules.length === 0 ? [] : respelled] as const),
  );
  t.equal(restoreText({ ...desired, nat: { ...desired.nat, chains } }, desired).text, '');
});

t.test('cleanup takes our chains, an old kube-proxy’s, and what leads there; no other line', async (t) => {
  const saved = parseSave(`*nat
:PREROUTING ACCEPT [0:0]
:DOCKER - [0:0]
:KUBE-NODEPORTS - [0:0]
:KUBE-NODEPORT-HOST - [0:0]
:KUBE-PORTALS-HOST - [0:0]
:KUBE-PORTALS-0a600000-12 - [0:0]
-A PREROUTING -j DOCKER
-A PREROUTING -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-HOST
-A PREROUTING -m addrtype --dst-type LOCAL -j KUBE-NODEPORT-HOST
-A PREROUTING -m comment --comment KUBE-PORTALS-HOST -j KUBE-NODEPORTS
-A DOCKER -g KUBE-PORTALS-0a600000-12
-A KUBE-PORTALS-HOST -d 10.96.0.0/12 -g KUBE-PORTALS-0a600000-12
COMMIT
*mangle
:KUBE-KUBELET-CANARY - [0:0]
COMMIT
`);
  t.equal(
    cleanupText(saved),
    `*nat
:KUBE-NODEPORT-HOST - [0:0]
:KUBE-PORTALS-HOST - [0:0]
:KUBE-PORTALS-0a600000-12 - [0:0]
-D PREROUTING -m comment --comment "handle ClusterIPs; NOTE: this must be before the NodePort rules" -j KUBE-PORTALS-HOST
-D PREROUTING -m addrtype --dst-type LOCAL -j KUBE-NODEPORT-HOST
-D DOCKER -g KUBE-PORTALS-0a600000-12
-X KUBE-NODEPORT-HOST
-X KUBE-PORTALS-HOST
-X KUBE-PORTALS-0a600000-12
COMMIT
`,
  );
  t.equal(cleanupText(parseSave('*nat\n:OUTPUT ACCEPT [0:0]\nCOMMIT\n')), '');
  t.same(standingRules(parseSave('')).nat.chains.size, 0);
});

t.test('the lines that a text writes are counted by table; emptied and deleted ones are none', async (t) => {
  t.same(rulesWrittenBy(''), { nat: 0, filter: 0 });
  const nat = '*nat\n:A - [0:0]\n-A A -j B\n-I OUTPUT -j A\n-D OUTPUT -j C\n-X C\nCOMMIT\n';
  t.same(rulesWrittenBy(nat), { nat: 2, filter: 0 });
  t.same(rulesWrittenBy(`${nat}*filter\n-A INPUT -j D\nCOMMIT\n`), { nat: 2, filter: 1 });
});

// The rule of one portal, and that it is made once.
import t from 'tap';
import { createPortalRules, portalRule } from '../../lib/rules/portal-rule.js';
import { portal, redirect } from '../states/example-portals.js';

t.test('REDIRECT to the proxy port, or DNAT to a node address and it', async (t) => {
  t.equal(
    portalRule(portal('10.96.0.1', 80), redirect),
    '-d 10.96.0.1/32 -p tcp -m comment --comment "default/web:http" -m tcp --dport 80 -j REDIRECT --to-ports 30000',
  );
  t.equal(
    portalRule(portal('fd00::1', 53, { protocol: 'UDP' }), { kind: 'dnat', to: 'fd00:77::1' }),
    '-d fd00::1/128 -p udp -m comment --comment "default/web:http" -m udp --dport 53 -j DNAT --to-destination [fd00:77::1]:30000',
  );
});

t.test('nothing in a name gets out of the comment', async (t) => {
  const rule = portalRule(portal('10.96.0.1', 80, { name: 'x" -j ACCEPT\nCOMMIT\n' }), redirect);
  t.match(rule, /--comment "default\/x__-j_ACCEPT_COMMIT_:http" /);
});

t.test('the rule of a portal is kept with it, until the steering changes', async (t) => {
  const rules = createPortalRules();
  const web = portal('10.96.0.1', 80);
  const first = rules(web, redirect);
  t.equal(rules(web, redirect), first);
  const dnat = { kind: 'dnat', to: '10.0.0.1' } as const;
  t.match(rules(web, dnat).rule, /DNAT --to-destination 10\.0\.0\.1:30000$/);
  t.equal(rules(web, dnat).digits, first.digits);
  t.match(rules({ ...web, proxyPort: 5 }, dnat).rule, /10\.0\.0\.1:5$/);
});

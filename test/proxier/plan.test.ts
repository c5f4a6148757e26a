// From open listeners to desired rules, keeping what did not change; from old portals to new: stale UDP entries.
import t from 'tap';
import type { Listener } from '../../lib/proxier/data-plane.js';
import type { HeldListener } from '../../lib/proxier/listener-set.js';
import { planRules, staleUdp } from '../../lib/proxier/plan.js';
import type { Portal, Steering } from '../../lib/proxier/rule-applier.js';

const steering: Readonly<Record<'IPv4' | 'IPv6', Steering>> = {
  IPv4: { kind: 'redirect' },
  IPv6: { kind: 'redirect' },
};

function held(name: string, clusterIP: string, endpoints: readonly string[]): HeldListener {
  const servicePortName = { namespace: 'default', name, port: '', protocol: 'TCP' } as const;
  const key = `default/${name}/TCP/IPv4`;
  const listener: Listener = {
    spec: { key, servicePortName, ipFamily: 'IPv4', traffic: 'internal' },
    port: 40_000,
    update: () => {},
    close: async () => {},
    counters: () => {
      throw new Error('a plan reads no counters');
    },
  };
  return {
    servicePort: { key, name: servicePortName, ipFamily: 'IPv4', clusterIP, port: 80 },
    listener,
    config: { endpoints: endpoints.map((ip) => ({ ip, port: 8080 })), replyAddresses: [] },
  };
}

t.test('no endpoints: refused, and the portal still leads to the port', async (t) => {
  const { desired } = planRules([held('web', '10.96.0.1', [])], steering, undefined);
  t.match(desired.portals, [{ ip: '10.96.0.1', port: 80, proxyPort: 40_000, refused: true }]);
  t.same(desired.proxyPorts, [{ protocol: 'TCP', port: 40_000, ipFamily: 'IPv4' }]);
});

t.test('what did not change is the same object, down to the portal', async (t) => {
  const web = held('web', '10.96.0.1', ['10.244.0.1']);
  const api = held('api', '10.96.0.2', ['10.244.0.2']);
  const first = planRules([web, api], steering, undefined);
  web.config = { endpoints: [{ ip: '10.244.0.9', port: 8080 }], replyAddresses: [] };
  t.equal(planRules([web, api], steering, first), first, 'endpoints are no business of the rules');
  const moved = planRules([held('web', '10.96.0.8', ['10.244.0.1']), api], steering, first);
  t.not(moved, first);
  t.equal(moved.portals.get('default/api/TCP/IPv4'), first.portals.get('default/api/TCP/IPv4'));
  t.not(planRules([web], steering, first), first, 'one left');
  t.not(planRules([web, api], { ...steering }, first), first, 'other steering');
});

t.test('stale UDP entries: of portals that are new, gone, moved or refused', async (t) => {
  const portal = (
    ip: string,
    proxyPort: number,
    refused = false,
    protocol: 'UDP' | 'TCP' = 'UDP',
  ): Portal => ({
    ipFamily: 'IPv4',
    ip,
    port: 53,
    protocol,
    proxyPort,
    refused,
    servicePortName: { namespace: 'default', name: 'dns', port: '', protocol },
  });
  const base = { ipFamily: 'IPv4', port: 53 };
  t.same(staleUdp(undefined, [portal('10.96.0.1', 1), portal('10.96.0.1', 2, false, 'TCP')]), [
    { ...base, ip: '10.96.0.1', proxyPort: 1 },
  ]);
  t.same(staleUdp([portal('10.96.0.1', 1)], [portal('10.96.0.1', 1)]), []);
  t.same(staleUdp([portal('10.96.0.1', 1)], []), [{ ...base, ip: '10.96.0.1' }]);
  t.same(staleUdp([portal('10.96.0.1', 1)], [portal('10.96.0.1', 2)]), [
    { ...base, ip: '10.96.0.1', proxyPort: 2 },
  ]);
  t.same(staleUdp([portal('10.96.0.1', 1)], [portal('10.96.0.1', 1, true)]), [{ ...base, ip: '10.96.0.1' }]);
});

t.test('the guard against the kernel’s own SCTP comes and goes with a plan of its own', async (t) => {
  const portals = [held('web', '10.96.0.1', ['10.244.0.1'])];
  const guard = { relayPorts: { first: 1, last: 2 }, uid: 0 };
  const without = planRules(portals, steering, undefined);
  const guarded = planRules(portals, steering, without, guard);
  t.equal(guarded.desired.sctpGuard, guard);
  t.equal(planRules(portals, steering, guarded, guard), guarded, 'nothing changed');
  t.notOk('sctpGuard' in planRules(portals, steering, guarded).desired);
});

// A walk's end, from what was found on the way.
import t from 'tap';
import { verdictOf } from '../../lib/explain/verdict.js';
import { endpointOf, portalOf, portOf, walkOf } from '../support/walk.js';

const textOf = (...args: Parameters<typeof walkOf>) => verdictOf(walkOf(...args)).verdict.text;

t.test('a Service that is well', async (t) => {
  t.same(verdictOf(walkOf([portOf()])), {
    served: true,
    verdict: { code: 'served', text: 'default/web (TCP, IPv4) is served by 2 endpoints.' },
  });
  t.match(textOf([portOf()], { unknown: ['the rules'] }), /2 endpoints, as far as could be looked\.$/);
  t.match(textOf([portOf()], { against: 'manifests' }), /would be served by 2 endpoints; rules/);
});

t.test('of several ports the worst is told, and how many are well', async (t) => {
  const dead = portOf({ name: 'default/web:b', endpoints: [endpointOf(1, 'refuses')] });
  t.equal(textOf([portOf(), portOf()]), 'All 2 ports of default/web are served.');
  t.match(textOf([portOf(), portOf()], { against: 'manifests' }), /^All 2 ports .* would be served;/);
  t.match(
    textOf([portOf(), dead, portOf()]),
    /^default\/web:b .* does not answer \(refuses\)\. Of its 3 ports, 2 are served\.$/,
  );
  t.notMatch(textOf([dead, dead]), /Of its/);
  const lost = portOf({ isServed: false });
  t.match(
    verdictOf(walkOf([dead, lost])),
    { verdict: { code: 'not-synced' } },
    'what comes first on the way',
  );
});

t.test('a portal that is served is named where another is not, if its endpoints answer', async (t) => {
  const taken = portalOf({ kind: 'nodePort', ip: '', port: 30_080, isBlocked: true });
  const portals = [portalOf(), taken];
  t.match(
    textOf([portOf({ portals })]),
    /nodePort 30080: another.* It is served at clusterIP 10\.96\.0\.1:80\.$/,
  );
  const endpoints = [endpointOf(1, 'silent')];
  t.match(textOf([portOf({ portals, endpoints })]), /At clusterIP 10\.96\.0\.1:80 no endpoint answers\.$/);
  t.notOk(verdictOf(walkOf([portOf({ portals })])).served);
});

t.test('clients have families, and the outside has no clusterIP', async (t) => {
  const from = { kind: 'pod', ip: 'fd00::2' } as const;
  t.match(verdictOf(walkOf([portOf()], { from })), {
    served: false,
    verdict: {
      code: 'no-portal',
      text: /no IPv6 address, and a client from the pod fd00::2 can use no other/,
    },
  });
  const six = portOf({ ipFamily: 'IPv6' });
  t.equal(
    textOf([portOf({ isServed: false }), six], { from }),
    'default/web (TCP, IPv6) is served by 2 endpoints.',
  );
  const portals = [portalOf({ isAsked: false })];
  t.match(textOf([portOf({ portals })], { from: { kind: 'outside' } }), /no address for clients outside/);
});

t.test('a Service that is not there, or could not be read', async (t) => {
  const gone = { exists: false } as const;
  t.match(verdictOf(walkOf([], { ...gone, similar: ['default/wbe'] })).verdict, {
    code: 'no-such-service',
    next: 'Did you mean default/wbe?',
  });
  t.match(verdictOf(walkOf([], gone)).verdict.next, /kube-portal status/);
  const process = { inSync: true, sourceFailure: 'manifests a.yaml: bad' };
  t.match(
    verdictOf(walkOf([], { ...gone, process })).verdict.next,
    /^Not everything could be read: manifests a/,
  );
});

t.test('a Service that is not for a node proxy, or has no port to serve', async (t) => {
  t.match(verdictOf(walkOf([], { notForUs: 'it is headless' })).verdict, { code: 'not-for-us', next: /DNS/ });
  t.match(verdictOf(walkOf([], { notForUs: 'its type is ExternalName' })).verdict.next, /another name/);
  t.match(verdictOf(walkOf([], { notForUs: 'it has a label' })).verdict.next, /label/);
  t.match(verdictOf(walkOf([], { problems: ['spec.ports: is 7'] })).verdict, {
    code: 'no-ports',
    text: 'default/web is not served: spec.ports: is 7.',
    next: 'Mend it: kubectl edit svc -n default web',
  });
  t.match(verdictOf(walkOf([], { asked: 'default/web:x', ports: ['80'] })).verdict, {
    code: 'no-such-port',
    next: 'Its ports are 80.',
  });
});

t.test("a clusterIP that is another's", async (t) => {
  const portals = [portalOf({ ways: [], lostTo: 'default/old' })];
  t.match(verdictOf(walkOf([portOf({ isServed: false, portals })])).verdict, {
    code: 'clusterip-lost',
    text: /clusterIP 10\.96\.0\.1:80 belongs to default\/old/,
  });
});

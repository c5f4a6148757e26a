// Why there is nobody to forward to, and whether those that there are answer.
import t from 'tap';
import { endpointsVerdict, missingEndpoints } from '../../lib/explain/endpoint-verdict.js';
import type { ExplainedServicePort, Walk } from '../../lib/explain/explanation.js';
import { endpointOf, portalOf, portOf, walkOf, wayOf } from '../support/walk.js';

const refuse = wayOf({ disposition: 'refuse' });

function missing(port: Partial<ExplainedServicePort>, walk: Partial<Walk> = {}, way = refuse) {
  const one = portOf({ endpoints: [], ...port });
  return missingEndpoints(one, portalOf({ ways: [way] }), way, walkOf([one], walk));
}

const unused = (reason: string, scope: 'Cluster' | 'Local' = 'Cluster') =>
  endpointOf(1, undefined, { usableFor: [], whyNot: { [scope]: reason } });

t.test('from the slices to the endpoints', async (t) => {
  t.match(missing({}, { slices: [] }), {
    code: 'no-slices',
    next: /-n default -l kubernetes.io\/service-name=web/,
  });
  const strays = ['EndpointSlice default/web-x: no label'];
  t.match(missing({}, { slices: [], strays }).next, /belongs to nobody: EndpointSlice default\/web-x/);
  t.match(missing({ portName: 'http' }), {
    code: 'port-not-in-slices',
    text: /endpoints for \(unnamed\)\/TCP\/IPv4, and none for http\/TCP\/IPv4\.$/,
  });
  const empty = [{ object: 'EndpointSlice default/web-1', ports: [], problems: [] }];
  t.match(missing({}, { slices: empty }), { code: 'no-endpoints' });
});

t.test('endpoints that can not be used', async (t) => {
  t.match(missing({ endpoints: [unused('not ready')] }), {
    code: 'endpoints-not-ready',
    text: 'default/web (TCP, IPv4) refuses clients: its only endpoint can not be used (not ready).',
  });
  t.match(
    missing({ endpoints: [unused('not ready'), unused('not ready')] }).text,
    /none of its 2 endpoints can be used \(not ready\)/,
  );
  t.match(missing({ endpoints: [unused('refused: a circle')] }), { code: 'endpoints-loop' });
  const drop = wayOf({ scope: 'Local', disposition: 'drop' });
  t.match(missing({ endpoints: [unused('on node x, and …', 'Local')] }, {}, drop), {
    code: 'endpoints-elsewhere',
    text: /drops clients: its traffic policy is Local, and its only endpoint is not on node here/,
  });
});

function answer(port: Partial<ExplainedServicePort>, portals = [portalOf()], walk: Partial<Walk> = {}) {
  const one = portOf({ portals, ...port });
  const [, verdict] = endpointsVerdict(one, portals, walkOf([one], walk));
  return verdict;
}

t.test('what answers, and what does not', async (t) => {
  t.match(answer({}), { code: 'served' });
  t.match(answer({ endpoints: [endpointOf(1), endpointOf(2, 'silent')] }), {
    code: 'served-in-part',
    text: /2 endpoints, 1 of which does not answer: 10\.244\.0\.2:8080\.$/,
  });
  const many = Array.from({ length: 9 }, (_, at) => endpointOf(at, at === 0 ? 'answers' : 'refuses'));
  t.match(answer({ endpoints: many }).text, /8 of which do not answer: (\S+, ){4}\S+ and 3 more\.$/);
  t.match(answer({ endpoints: [endpointOf(1, 'refuses')] }), { code: 'endpoints-dead', next: /targetPort/ });
  t.match(answer({ endpoints: [endpointOf(1, 'unreachable')] }).next, /ip route get 10\.244\.0\.1;/);
  t.match(answer({ endpoints: [endpointOf(1, 'silent')] }).next, /NetworkPolicy/);
  t.match(
    answer({ endpoints: [endpointOf(1, 'unknown')] }),
    { code: 'served' },
    'nothing is known against it',
  );
});

t.test('of UDP, silence says nothing, and a refusal does', async (t) => {
  t.match(answer({ protocol: 'UDP', endpoints: [endpointOf(1, 'silent')] }), { code: 'served' });
  t.match(answer({ protocol: 'UDP', endpoints: [endpointOf(1, 'refuses')] }), { code: 'endpoints-dead' });
});

t.test('where only some were asked, that is what is said', async (t) => {
  const { probe: _, ...unasked } = endpointOf(9);
  const endpoints = [endpointOf(1, 'silent'), endpointOf(2, 'silent'), unasked];
  t.match(answer({ endpoints }).text, /led to 3 endpoints, and none of the 2 that were asked answers/);
  t.match(answer({ endpoints: [unasked] }), { code: 'served' }, 'none was asked');
});

t.test('a scope whose endpoints are all dead is not made well by the other', async (t) => {
  const endpoints = [
    endpointOf(1, 'refuses', { usableFor: ['Cluster', 'Local'] }),
    endpointOf(2, 'answers', { whyNot: { Local: 'on node x' } }),
  ];
  const outside = portalOf({ ways: [wayOf({ from: 'cluster' }), wayOf({ scope: 'Local' })] });
  t.match(answer({ endpoints }, [outside]), {
    code: 'endpoints-dead',
    text: /led to 1 endpoint \(Local scope\), and it does not answer \(refuses\)/,
  });
  t.match(answer({ endpoints }), { code: 'served-in-part' }, 'where nobody is led to it');
});

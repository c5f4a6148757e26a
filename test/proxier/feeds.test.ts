// What a listener is told: its scope's endpoints and the Service's wishes, the same object while they are the same.
import t from 'tap';
import type { Endpoint, UsableEndpoints } from '../../lib/model/endpoint.js';
import { noEndpoints } from '../../lib/model/usable-endpoints.js';
import { dispositionOf, feedOf } from '../../lib/proxier/feeds.js';
import { servicePort } from '../support/service-port.js';

const endpoint = (ip: string): Endpoint => ({ ip, port: 80, ready: true, serving: true, terminating: false });
const near = endpoint('10.244.0.1');
const far = endpoint('10.244.1.1');
const usable: UsableEndpoints = {
  Cluster: [near, far],
  Local: [near],
  hasAny: true,
  resting: [endpoint('10.244.0.9')],
  localReady: 1,
};
const replyAddresses = ['192.0.2.1'];

t.test('each scope has its own endpoints; drain and affinity come from the Service', async (t) => {
  const web = servicePort({
    nodePort: 30_080,
    externalPolicy: 'Local',
    affinityTimeoutSeconds: 30,
    drain: { kind: 'reset', afterMs: 500 },
  });
  const rest = { resting: usable.resting, drain: { kind: 'reset', afterMs: 500 }, affinityTimeoutMs: 30_000 };
  t.same(feedOf('Cluster', web, usable, replyAddresses)?.config, {
    endpoints: [near, far],
    replyAddresses,
    ...rest,
  });
  t.same(feedOf('Local', web, usable, replyAddresses)?.config, {
    endpoints: [near],
    replyAddresses,
    ...rest,
  });
  t.same(
    feedOf('nodePort', web, usable, replyAddresses)?.config,
    { endpoints: [near], replyAddresses: [], ...rest },
    'no rule leads to a claim, so it answers from nowhere else',
  );
  t.same(feedOf('Cluster', servicePort(), usable, replyAddresses)?.config, {
    endpoints: [near, far],
    resting: usable.resting,
    replyAddresses,
    drain: { kind: 'leave' },
  });
});

t.test('the same object while nothing changed, though the objects around it did', async (t) => {
  const web = servicePort({ drain: { kind: 'reset', afterMs: 500 } });
  const first = feedOf('Cluster', web, usable, replyAddresses);
  t.equal(
    feedOf(
      'Cluster',
      { ...web, drain: { kind: 'reset', afterMs: 500 } },
      { ...usable },
      replyAddresses,
      first,
    ),
    first,
  );
  for (const wish of [
    { drain: { kind: 'reset', afterMs: 0 } },
    { drain: { kind: 'leave' } },
    { affinityTimeoutSeconds: 9 },
  ] as const) {
    t.not(feedOf('Cluster', servicePort(wish), usable, replyAddresses, first)?.config, first?.config);
  }
  t.not(feedOf('Cluster', web, { ...usable, resting: [] }, replyAddresses, first)?.config, first?.config);
  t.not(feedOf('Cluster', web, usable, [], first)?.config, first?.config);
});

t.test('a role that no portal leads to any more is left as it is', async (t) => {
  t.equal(feedOf('Local', servicePort(), usable, replyAddresses), undefined);
  t.equal(feedOf('Cluster', servicePort({ internalPolicy: 'Local' }), usable, replyAddresses), undefined);
  t.equal(feedOf('nodePort', servicePort(), usable, replyAddresses), undefined);
});

t.test('served, refused where there is nobody, dropped where others have endpoints', async (t) => {
  t.equal(dispositionOf('Cluster', usable), 'serve');
  t.equal(dispositionOf('Local', usable), 'serve');
  t.equal(dispositionOf('Local', { ...usable, Local: [] }), 'drop');
  t.equal(dispositionOf('Cluster', noEndpoints), 'refuse');
  t.equal(dispositionOf('Local', noEndpoints), 'refuse');
});

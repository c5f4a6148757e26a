// When hints are followed. What comes of it for a Service is in usable-endpoints.test.ts.
import t from 'tap';
import type { Endpoint } from '../../lib/model/endpoint.js';
import { hintsInForce } from '../../lib/model/topology-hints.js';

const plain: Endpoint = { ip: '10.0.0.1', port: 80, ready: true, serving: true, terminating: false };
const node = { name: 'n1', zone: 'z1' };

t.test('no ready endpoints or no hints: nothing to follow', async (t) => {
  t.equal(hintsInForce([], node), undefined);
  t.equal(hintsInForce([plain], node), undefined);
  t.equal(hintsInForce([{ ...plain, zoneHints: ['z1'] }, plain], node), undefined);
  t.equal(hintsInForce([plain, { ...plain, zoneHints: ['z1'] }], node), undefined);
});

t.test('the hint that is followed tells each endpoint', async (t) => {
  const here = { ...plain, nodeHints: ['n1'], zoneHints: ['z1'] };
  const near = { ...plain, nodeHints: ['n2'], zoneHints: ['z1'] };
  const far = { ...plain, nodeHints: ['n3'], zoneHints: ['z2'] };
  const chosen = (ready: readonly Endpoint[]) => ready.map((one) => hintsInForce(ready, node)?.(one));
  t.same(chosen([here, near, far]), [true, false, false]);
  t.same(chosen([near, far]), [true, false]);
  t.same(chosen([far]), [undefined]);
});

t.test('a node without a name or a zone is meant by no hint', async (t) => {
  const hinted = [{ ...plain, nodeHints: ['n1'], zoneHints: ['z1'] }];
  t.equal(hintsInForce(hinted, { name: '', zone: '' }), undefined);
});

// Which endpoints take new connections.
import t from 'tap';
import type { Endpoint } from '../../lib/model/endpoint.js';
import { usableEndpoints } from '../../lib/model/usable-endpoints.js';

/** r: ready; n: not ready; t: serving while terminating; x: terminating and no longer serving. */
function endpointsOf(states: string): readonly Endpoint[] {
  return [...states].map((state, index) => ({
    ip: `10.0.0.${index}`,
    port: 80,
    ready: state === 'r',
    serving: state === 'r' || state === 't',
    terminating: state === 't' || state === 'x',
  }));
}

t.test('ready ones, or else those that serve while they terminate', async (t) => {
  const table: readonly [all: string, usable: string][] = [
    ['', ''],
    ['rr', 'rr'],
    ['rnt', 'r'],
    ['nt', 't'],
    ['txt', 'tt'],
    ['nx', ''],
    ['n', ''],
  ];
  const state = ({ ready, terminating }: Endpoint) => (ready ? 'r' : terminating ? 't' : 'n');
  for (const [all, usable] of table) {
    t.equal(usableEndpoints(endpointsOf(all)).map(state).join(''), usable, all);
  }
});

t.test('an endpoint that serves and is neither ready nor terminating is not usable', async (t) => {
  const endpoints = [{ ip: '10.0.0.1', port: 80, ready: false, serving: true, terminating: false }];
  t.same(usableEndpoints(endpoints), []);
});

t.test('where all are ready the array is the same one', async (t) => {
  const all = endpointsOf('rrr');
  t.equal(usableEndpoints(all), all);
});

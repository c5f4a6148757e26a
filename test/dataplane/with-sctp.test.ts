// Two data planes as one: who gets which listener, and what happens where there is no SCTP.
import t from 'tap';
import { listenerBalancer } from '../../lib/balance/listener-balancer.js';
import { createNodeDataPlane } from '../../lib/dataplane/node/data-plane.js';
import { createSctpDataPlane, type SctpDataPlane } from '../../lib/dataplane/sctp/data-plane.js';
import { withSctp } from '../../lib/dataplane/with-sctp.js';
import type { Protocol } from '../../lib/model/service-port-name.js';
import type { DataPlane, Listener, ListenerSpec } from '../../lib/proxier/data-plane.js';
import { configOf } from './conformance/plane.js';

const config = configOf([]);

function specOf(protocol: Protocol): ListenerSpec {
  return {
    key: `default/echo/${protocol}/IPv4`,
    servicePortName: { namespace: 'default', name: 'echo', port: '', protocol },
    ipFamily: 'IPv4',
    scope: 'Cluster',
  };
}

function nodePlane(): DataPlane {
  return createNodeDataPlane({ newBalancer: () => listenerBalancer({ setAsideMs: 0 }), maxConnections: 10 });
}

function fakeSctp(): SctpDataPlane & { readonly calls: string[] } {
  const calls: string[] = [];
  const totals = { flows: 3 } as ReturnType<SctpDataPlane['sctpTotals']>;
  return {
    calls,
    open: async (spec, _, port) => {
      calls.push(`open ${spec.key} ${port}`);
      return { spec, port } as Listener;
    },
    sctpTotals: () => totals,
    close: async (graceMs) => {
      calls.push(`close ${graceMs}`);
    },
  };
}

t.test('SCTP goes to the relay, which is made when it is needed; all else to the other', async (t) => {
  const sctp = fakeSctp();
  let loads = 0;
  const plane = withSctp(nodePlane(), async () => {
    loads++;
    return sctp;
  });
  t.equal(plane.kind, 'node');
  const tcp = await plane.open(specOf('TCP'), config, 0);
  t.ok(tcp.port > 0);
  t.same([loads, plane.sctpTotals()], [0, undefined]);
  await Promise.all([plane.open(specOf('SCTP'), config, 5), plane.open(specOf('SCTP'), config, 6)]);
  t.equal(loads, 1);
  t.match(plane.sctpTotals(), { flows: 3 });
  t.match(plane.totals(), { maxConnections: Number });
  await plane.close(7);
  t.same(sctp.calls, ['open default/echo/SCTP/IPv4 5', 'open default/echo/SCTP/IPv4 6', 'close 7']);
  await t.rejects(plane.open(specOf('SCTP'), config, 0), /closed/);
});

t.test(
  'where the relay can not be made SCTP is not supported, with the reason, and TCP goes on',
  async (t) => {
    const plane = withSctp(nodePlane(), () =>
      Promise.reject(new Error('no binary of koffi for this machine')),
    );
    t.teardown(() => plane.close(0));
    for (let times = 0; times < 2; times++) {
      const error: unknown = await plane.open(specOf('SCTP'), config, 0).catch((caught: unknown) => caught);
      t.match(error, { name: 'ListenError', reason: 'not-supported', message: /no binary of koffi/ });
    }
    t.ok((await plane.open(specOf('TCP'), config, 0)).port > 0);
    t.equal(plane.sctpTotals(), undefined);
  },
);

t.test('the relay closes without ever having been used', async () => {
  await createSctpDataPlane({ endpointSetAsideMs: 0 }).close(1000);
});

// After a sync: Events are told, and a Service with a healthCheckNodePort is answered for.
import t from 'tap';
import { startAfterSync } from '../../lib/compose/after-sync.js';
import { observerList } from '../../lib/compose/observer-list.js';
import { systemClock } from '../../lib/proxier/clock.js';
import type { ProxyEvent } from '../../lib/proxier/event-recorder.js';
import { silentLog } from '../../lib/proxier/log.js';
import type { RulesPlan } from '../../lib/proxier/plan.js';
import { fakeStatus } from '../http/fakes.js';
import { eventually } from '../support/eventually.js';
import { servicePort } from '../support/service-port.js';

t.test('the start, servers without an address, and what a sync brings', async (t) => {
  const told: ProxyEvent[] = [];
  let closed = false;
  const status = fakeStatus();
  // A port that nobody may have: its failure is what is looked for.
  const web = servicePort({ externalPolicy: 'Local', healthCheckNodePort: 1, nodePort: 30_080 });
  status.plan = () =>
    ({ desired: { nodePortAddresses: { IPv4: ['192.0.2.1'], IPv6: [] } } }) as unknown as RulesPlan;
  status.snapshot = () => ({
    servicePorts: new Map([[web.key, web]]),
    portals: new Map(),
    endpoints: new Map(),
    problems: [],
  });
  status.problems = () => [{ subject: web.key, message: 'taken', kind: 'nodePort' }];
  const observers = observerList();
  const afterSync = startAfterSync({
    status,
    observers,
    recorder: {
      record: (event) => void told.push(event),
      close: async () => {
        closed = true;
      },
    },
    servers: {
      health: {
        firstBind: Promise.resolve({ state: 'failed', error: new Error('in use') }),
        state: () => ({ state: 'binding' }),
        close: async () => {},
      },
      metrics: undefined,
    },
    nodeName: 'node-1',
    clock: systemClock,
    log: silentLog,
  });
  const programmingSeconds = { IPv4: [], IPv6: [] };
  observers.syncFinished({
    ok: true,
    failures: [],
    full: true,
    durationMs: 1,
    finishedAtMs: 0,
    programmingSeconds,
  });
  await eventually('all is told', () => told.length === 4);
  t.strictSame(
    told.map(({ reason }) => reason).sort(),
    [
      'FailedToStartProxierHealthcheck',
      'FailedToStartServiceHealthcheck',
      'NodePortTaken',
      'Starting',
    ].sort(),
  );
  await afterSync.close();
  t.ok(closed);
});

// A hand-made ProxierStatus and listeners with counters that tests set.

import type { IpFamily } from '../../lib/model/ip.js';
import { type NodeFacts, unknownNode } from '../../lib/model/node-facts.js';
import type { Protocol } from '../../lib/model/service-port-name.js';
import { dialBucketsSeconds, type Listener, type ListenerCounters } from '../../lib/proxier/data-plane.js';
import type { SctpTotals } from '../../lib/proxier/sctp-relay.js';
import type { ProxierStatus, SyncHealth, SyncStats } from '../../lib/proxier/status.js';

export interface FakeListener extends Listener {
  current: ListenerCounters;
}

export const zeroCounters: ListenerCounters = {
  opened: 0,
  open: 0,
  failed: {},
  rxBytes: 0,
  txBytes: 0,
  picks: new Map(),
  dialSeconds: { count: 0, sum: 0, buckets: dialBucketsSeconds.map(() => 0) },
};

export function fakeListener(
  service: string,
  counters: Partial<ListenerCounters> = {},
  protocol: Protocol = 'TCP',
  ipFamily: IpFamily = 'IPv4',
): FakeListener {
  const [namespace = '', rest = ''] = service.split('/');
  const [name = '', port = ''] = rest.split(':');
  return {
    spec: {
      key: `${service}/${protocol}/${ipFamily}`,
      servicePortName: { namespace, name, port, protocol },
      ipFamily,
      scope: 'Cluster',
    },
    port: 40000,
    current: { ...zeroCounters, ...counters },
    update: () => {},
    close: async () => {},
    counters() {
      return this.current;
    },
  };
}

export interface FakeStatus extends ProxierStatus {
  sctp: SctpTotals | undefined;
  health: SyncHealth;
  numbers: SyncStats;
  facts: NodeFacts;
  all: readonly Listener[];
}

const families = { IPv4: { healthy: true, lastUpdatedMs: 1_700_000_000_500 } };

export function fakeStatus(all: readonly Listener[] = []): FakeStatus {
  return {
    dataPlane: 'node',
    all,
    sctp: undefined,
    health: { healthy: true, lastUpdatedMs: 1_700_000_000_500, lastQueuedMs: 1_700_000_001_000, families },
    numbers: {
      serviceChangesPending: 1,
      serviceChangesTotal: 20,
      endpointChangesPending: 2,
      endpointChangesTotal: 30,
      restoreFailuresTotal: { IPv4: 3, IPv6: 0 },
      partialRestoreFailuresTotal: { IPv4: 2, IPv6: 0 },
      rulesTotal: { IPv4: { nat: 41, filter: 7 }, IPv6: { nat: 4, filter: 1 } },
      rulesLast: { IPv4: { nat: 9, filter: 0 }, IPv6: { nat: 0, filter: 0 } },
      rulesWrittenTotal: 50,
      rulesDeletedTotal: 5,
      driftsTotal: 6,
      conntrackDeletedTotal: 8,
    },
    sourceHealth: () => ({ state: 'healthy' }),
    syncHealth() {
      return this.health;
    },
    stats() {
      return this.numbers;
    },
    snapshot: () => ({ servicePorts: new Map(), portals: new Map(), endpoints: new Map(), problems: [] }),
    facts: unknownNode('node-1'),
    node() {
      return this.facts;
    },
    servicePorts: () => [],
    servicePort: () => undefined,
    plan: () => undefined,
    listeners() {
      return this.all;
    },
    totals: () => ({ tcpConnections: 11, udpClients: 12, maxConnections: 9000 }),
    sctpTotals() {
      return this.sctp;
    },
    problems: () => [{ subject: 'Service default/web', message: 'no clusterIP' }],
  };
}

export async function textOf(pieces: AsyncIterable<string> | Iterable<string>): Promise<string> {
  let text = '';
  for await (const piece of pieces) text += piece;
  return text;
}

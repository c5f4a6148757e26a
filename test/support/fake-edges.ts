// Fakes of the edges that the proxier is handed. They tell what they were asked to one shared story, in order, and fail
// when told to. The real edges are tested in their own folders, and all together in test/integration.
import { createModel } from '../../lib/model/model.js';
import type { FlowPortal } from '../../lib/proxier/conntrack.js';
import {
  type DataPlane,
  ListenError,
  type Listener,
  type ListenerConfig,
  type ListenerSpec,
} from '../../lib/proxier/data-plane.js';
import type { HostNetworkState } from '../../lib/proxier/host-network.js';
import { silentLog } from '../../lib/proxier/log.js';
import type { ProxierOptions } from '../../lib/proxier/options.js';
import type {
  ApplyReport,
  DesiredRules,
  RuleApplier,
  StandingPortal,
} from '../../lib/proxier/rule-applier.js';
import type { Source, SourceHandler } from '../../lib/proxier/source.js';
import type { SyncReport } from '../../lib/proxier/status.js';
import { type FakeClock, fakeClock } from './fake-clock.js';

export interface FakeWorld {
  readonly options: ProxierOptions;
  readonly clock: FakeClock;
  /** What the edges were asked, in order: `open web 40000`, `rules 10.96.0.1:80>40000`, … */
  readonly story: string[];
  /** The story since the last call. */
  tell(): readonly string[];
  readonly source: { handler: SourceHandler | undefined; sync(): void };
  readonly busyPorts: Set<number>;
  readonly standing: StandingPortal[];
  /** Families whose next applies fail. */
  readonly failingFamilies: Set<'IPv4' | 'IPv6'>;
  /** The next check() says so. */
  drifted: boolean;
  host: HostNetworkState;
  readonly configs: Map<string, ListenerConfig>;
  readonly reports: SyncReport[];
}

export const plainHost: HostNetworkState = {
  localAddresses: new Set(['127.0.0.1', '192.0.2.1']),
  nodeAddress: { IPv4: '192.0.2.1' },
  withoutAddress: { IPv4: [], IPv6: [] },
  kernelSctp: false,
};

export function fakeWorld(overrides: Partial<ProxierOptions> = {}): FakeWorld {
  const clock = fakeClock();
  const story: string[] = [];
  let told = 0;
  let nextPort = 40_000;
  const busyPorts = new Set<number>();
  const configs = new Map<string, ListenerConfig>();
  const standing: StandingPortal[] = [];
  const failingFamilies = new Set<'IPv4' | 'IPv6'>();
  const reports: SyncReport[] = [];
  let resolveSynced = (): void => {};
  const world = { drifted: false, host: plainHost };

  const dataPlane: DataPlane = {
    kind: 'node',
    async open(spec, config, wanted) {
      if (busyPorts.has(wanted)) throw new ListenError('port-in-use', `port ${wanted} is in use`);
      const port = wanted === 0 ? nextPort++ : wanted;
      busyPorts.add(port);
      story.push(`open ${nameOf(spec)} ${port}`);
      configs.set(spec.key, config);
      const listener: Listener = {
        spec,
        port,
        update(next) {
          configs.set(spec.key, next);
          story.push(`update ${nameOf(spec)} ${next.endpoints.map(({ ip }) => ip).join(' ')}`.trim());
        },
        async close() {
          busyPorts.delete(port);
          configs.delete(spec.key);
          story.push(`close ${nameOf(spec)} ${port}`);
        },
        counters: () => ({
          opened: 0,
          open: 0,
          failed: {},
          rxBytes: 0,
          txBytes: 0,
          picks: new Map(),
          dialSeconds: { count: 0, sum: 0, buckets: [] },
        }),
      };
      return listener;
    },
    totals: () => ({ tcpConnections: 0, udpClients: 0, maxConnections: 100 }),
    async close(graceMs) {
      story.push(`data plane closes within ${graceMs}`);
    },
  };

  const rules: RuleApplier = {
    standing: async () => standing,
    async apply(desired) {
      story.push(`rules ${describeRules(desired)}`.trim());
      const failures = [...failingFamilies].map((ipFamily) => ({
        ipFamily,
        error: new Error('restore failed'),
      }));
      const report: ApplyReport = {
        rulesWritten: 0,
        rulesDeleted: 0,
        rulesTotal: { IPv4: { nat: 0, filter: 0 }, IPv6: { nat: 0, filter: 0 } },
        rulesLast: { IPv4: { nat: 0, filter: 0 }, IPv6: { nat: 0, filter: 0 } },
        failures,
      };
      return report;
    },
    async check() {
      const answer = world.drifted ? 'drifted' : 'in-place';
      world.drifted = false;
      return answer;
    },
    invalidate: () => void story.push('forget rules'),
    async cleanup() {
      story.push('cleanup');
      return true;
    },
  };

  const fakeSource = { handler: undefined as SourceHandler | undefined, sync: () => resolveSynced() };
  const source: Source = {
    description: 'a test',
    synced: new Promise((resolve) => {
      resolveSynced = resolve;
    }),
    start: (handler) => {
      fakeSource.handler = handler;
    },
    health: () => ({ state: 'healthy' }),
    close: async () => void story.push('source closes'),
  };

  const options: ProxierOptions = {
    source,
    model: createModel({ nodeName: 'node-1' }),
    dataPlane,
    rules,
    conntrack: {
      async deleteStaleUdp(portals) {
        story.push(`conntrack ${portals.map(describeUdp).join(' ')}`);
        return portals.length;
      },
      async deleteStaleSctp(portals) {
        story.push(`conntrack sctp ${portals.map(describeUdp).join(' ')}`);
        return portals.length;
      },
    },
    host: { read: async () => world.host },
    observer: { syncFinished: (report) => void reports.push(report) },
    clock,
    log: silentLog,
    portRange: undefined,
    nodePortAddresses: 'all',
    localhostNodePorts: true,
    detectLocal: { kind: 'none' },
    dropInvalid: true,
    minSyncPeriodMs: 100,
    syncPeriodMs: 30_000,
    watchPeriodMs: 1_000,
    ...overrides,
  };

  return {
    options,
    clock,
    story,
    tell() {
      const since = story.slice(told);
      told = story.length;
      return since;
    },
    source: fakeSource,
    busyPorts,
    standing,
    failingFamilies,
    configs,
    reports,
    get drifted() {
      return world.drifted;
    },
    set drifted(value) {
      world.drifted = value;
    },
    get host() {
      return world.host;
    },
    set host(value) {
      world.host = value;
    },
  };
}

/** `web`, `web Local`, `web claim`. */
function nameOf({ servicePortName, scope, claim }: ListenerSpec): string {
  const { name } = servicePortName;
  if (claim) return `${name} claim`;
  return scope === 'Local' ? `${name} Local` : name;
}

/** `10.96.0.1:80>40000`, `:30080>40000 for the cluster, 40002 dropped`. */
function describeRules({ portals, proxyPorts, steering }: DesiredRules): string {
  const endings = { serve: '', refuse: ' refused', drop: ' dropped' };
  const lines = portals.map(({ ip, port, protocol, ipFamily, ways }) => {
    const leads = ways.map(({ from, proxyPort }) => {
      const known = proxyPorts.find((one) => {
        return one.port === proxyPort && one.protocol === protocol && one.ipFamily === ipFamily;
      });
      return `${proxyPort}${from === 'cluster' ? ' for the cluster' : ''}${endings[known?.disposition ?? 'serve']}`;
    });
    return `${ip}:${port}>${leads.join(', ')}`;
  });
  if (steering.IPv4.kind === 'dnat') lines.push(`dnat ${steering.IPv4.to}`);
  return lines.join(', ');
}

function describeUdp({ ip, port, proxyPorts }: FlowPortal): string {
  return `${ip}:${port}${proxyPorts.length === 0 ? '' : `>${proxyPorts.join('+')}`}`;
}

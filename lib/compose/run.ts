// compose/run.ts: `kube-portal run`: builds the edges and the core into the program, and stops it in order.
import { hostname } from 'node:os';
import type { Logger } from 'pino';
import { configz } from '../cli/config/configz.js';
import type { RunOptions } from '../cli/options.js';
import { readVersion } from '../cli/version.js';
import { createConntrack } from '../conntrack/conntrack.js';
import { createHostNetwork } from '../host/host-network.js';
import { type HttpServers, startHttpServers } from '../http/servers.js';
import { createSyncMetrics } from '../http/sync-metrics.js';
import { createRuleApplier } from '../iptables/applier.js';
import { readPacketCounts } from '../iptables/packet-counts.js';
import { chooseTools } from '../iptables/variant.js';
import { type IpFamily, ipFamilies } from '../model/ip.js';
import { createModel } from '../model/model.js';
import { systemClock } from '../proxier/clock.js';
import { systemExec } from '../proxier/exec.js';
import type { Log } from '../proxier/log.js';
import { measuredConntrack } from '../proxier/measured-conntrack.js';
import { Proxier } from '../proxier/proxier.js';
import type { SctpRelay } from '../proxier/sctp-relay.js';
import { startAdmin } from './admin.js';
import { startAfterSync } from './after-sync.js';
import { createDataPlane } from './data-plane.js';
import { openEventRecorder } from './event-recorder.js';
import { firstTurn } from './first-turn.js';
import { startHeapTrimmer } from './heap-trimmer.js';
import { hostSettings } from './host-settings.js';
import { startLiveConfig } from './live-config.js';
import { createLog } from './log.js';
import { observerList } from './observer-list.js';
import { guardProcess } from './process-guard.js';
import { withServiceUids } from './service-uids.js';
import { createSource } from './source.js';
import { stopSignals } from './stop-signal.js';

// A flush by somebody else is to be repaired within 2 seconds.
const watchPeriodMs = 1_000;

/** The options of the same command line with another text of its configuration file. Throws ConfigError. */
export type Reload = (text: string) => RunOptions;

/** Exit status: 0 after a signal, 1 when it could not start or could not stop cleanly. */
export async function run(options: RunOptions, reload: Reload): Promise<number> {
  const log = createLog(options);
  const signals = stopSignals();
  const unguard = guardProcess(log);
  try {
    const program = await Promise.race([start(options, reload, log), signals.first.then(() => undefined)]);
    if (program === undefined) return 0; // told to stop before it had started
    const signal = await signals.first;
    log.info({ signal, graceMs: options.shutdownGraceMs }, 'stopping: open connections may end');
    return await Promise.race([
      stop(program, log),
      signals.second.then(() => {
        log.warn({}, 'stopping at once');
        return 0;
      }),
    ]);
  } catch (err) {
    log.error({ err }, 'kube-portal could not start');
    return 1;
  } finally {
    signals.close();
    unguard();
    // Second signal, or a failed start: sockets and timers may be left, and nobody waits for them.
    setImmediate(() => process.exit());
  }
}

async function stop(program: Program, log: Log): Promise<number> {
  try {
    await program.stop();
    log.info({}, 'stopped');
    return 0;
  } catch (err) {
    log.error({ err }, 'kube-portal could not stop cleanly');
    return 1;
  }
}

interface Program {
  stop(): Promise<void>;
}

async function start(options: RunOptions, reload: Reload, log: Logger): Promise<Program> {
  const clock = systemClock;
  const { version } = readVersion();
  const nodeName = (options.hostnameOverride ?? hostname()).trim().toLowerCase();
  log.info({ version, node: nodeName, dataPlane: options.dataPlane }, 'kube-portal starts');
  for (const { about, text } of options.notices) log.warn({ about }, text);
  const [tools, origin] = await Promise.all([
    chooseTools(systemExec, options.iptablesVariant),
    createSource(options.source, { nodeName, log, clock }),
  ]);
  const { source, uidOf } = withServiceUids(origin);
  const recorder = await openEventRecorder(options.source, { nodeName, uidOf, log, clock });
  log.info({ variant: tools.variant, source: source.description }, 'iptables and the source of Services');

  const { dataPlane, reason } = await createDataPlane(options, {
    clock,
    log,
    firstTurn: firstTurn(options.source, nodeName),
    died: (err) => {
      log.error({ err }, 'the data plane has died: ending, since only a new process can serve');
      process.exit(1);
    },
  });
  const syncMetrics = createSyncMetrics();
  const observers = observerList(syncMetrics);
  const model = createModel({ nodeName });
  const proxier = new Proxier({
    source,
    model,
    dataPlane,
    rules: createRuleApplier({ exec: systemExec, log, tools }),
    conntrack: measuredConntrack(createConntrack(systemExec, log), clock, syncMetrics.conntrackCleaned),
    host: createHostNetwork({ exec: systemExec, log, nodeIp: options.nodeIp }),
    observer: observers,
    clock,
    log,
    portRange: options.proxyPortRange,
    sctpRelay: sctpRelayOf(options),
    nodePortAddresses: options.nodePortAddresses,
    localhostNodePorts: options.localhostNodePorts,
    detectLocal: options.detectLocal,
    dropInvalid: options.dropInvalid,
    minSyncPeriodMs: options.minSyncPeriodMs,
    syncPeriodMs: options.syncPeriodMs,
    watchPeriodMs,
  });
  const applyHostSettings = hostSettings({ log, firstSync: proxier.firstSync });
  await applyHostSettings(options);
  const liveConfig = startLiveConfig(options, reload, { log, clock, proxier, applyHostSettings });
  const { healthzBindAddress, metricsBindAddress } = options;
  const servers = startHttpServers({
    status: proxier,
    syncMetrics,
    dataPlaneReason: reason,
    packetCounts: () => readPacketCounts(systemExec, tools, familiesServed(proxier)),
    configz: () => configz({ ...options, config: liveConfig.inForce() }),
    healthzBindAddress,
    metricsBindAddress,
    clock,
    log,
  });
  const afterSync = startAfterSync({ status: proxier, observers, recorder, servers, nodeName, clock, log });
  if (options.bindAddressHardFail) await bothBound(servers);
  const admin = await startAdmin({
    path: options.adminSocket,
    status: proxier,
    model,
    identity: { version, iptablesVariant: tools.variant, source: source.description },
    log,
  });
  const heapTrimmer = startHeapTrimmer(clock);
  const startedMs = clock.monotonic();
  proxier.firstSync.then(() => {
    const elapsedMs = Math.round(clock.monotonic() - startedMs);
    log.info({ elapsedMs, listeners: [...proxier.listeners()].length }, 'forwarding');
  });
  proxier.start();
  return {
    async stop() {
      try {
        await liveConfig.close();
        await proxier.stop({ graceMs: options.shutdownGraceMs, cleanup: options.cleanupOnExit });
      } finally {
        await afterSync.close();
        await heapTrimmer.close();
        await admin.close();
        await servers.close();
      }
    },
  };
}

/** Rejects with why one of the two can't have its address. */
async function bothBound({ health, metrics }: HttpServers): Promise<void> {
  for (const state of await Promise.all([health?.firstBind, metrics?.firstBind])) {
    if (state?.state === 'failed') throw state.error;
  }
}

/** Of a family without rules of ours nothing is asked: looking at its tables would have the kernel make them. */
function familiesServed(proxier: Proxier): readonly IpFamily[] {
  const proxyPorts = proxier.plan()?.desired.proxyPorts ?? [];
  return ipFamilies.filter((ipFamily) => proxyPorts.some((its) => its.ipFamily === ipFamily));
}

/** Its sockets are made by this process, so they are its effective user's. */
function sctpRelayOf({ sctpRelay, sctpRelayPortRange }: RunOptions): SctpRelay | undefined {
  if (sctpRelay === 'off') return undefined;
  return { relayPorts: sctpRelayPortRange, uid: process.geteuid?.() ?? 0 };
}

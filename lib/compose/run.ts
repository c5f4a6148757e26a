// compose/run.ts: `kube-portal run`: builds the edges and the core into the program, and stops it in order.
import { hostname } from 'node:os';
import type { RunOptions } from '../cli/options.js';
import { readVersion } from '../cli/version.js';
import { createConntrack } from '../conntrack/conntrack.js';
import { createHostNetwork } from '../host/host-network.js';
import { startHttpServers } from '../http/servers.js';
import { createSyncMetrics } from '../http/sync-metrics.js';
import { createRuleApplier } from '../iptables/applier.js';
import { chooseTools } from '../iptables/variant.js';
import { createModel } from '../model/model.js';
import { systemClock } from '../proxier/clock.js';
import { systemExec } from '../proxier/exec.js';
import type { Log } from '../proxier/log.js';
import { Proxier } from '../proxier/proxier.js';
import type { SctpRelay } from '../proxier/sctp-relay.js';
import { createDataPlane } from './data-plane.js';
import { startHeapTrimmer } from './heap-trimmer.js';
import { createLog } from './log.js';
import { guardProcess } from './process-guard.js';
import { createSource } from './source.js';
import { stopSignals } from './stop-signal.js';

// A flush by somebody else is to be repaired within 2 seconds.
const watchPeriodMs = 1_000;

/** Exit status: 0 after a signal, 1 when it could not start or could not stop cleanly. */
export async function run(options: RunOptions): Promise<number> {
  const log = createLog(options);
  const signals = stopSignals();
  const unguard = guardProcess(log);
  try {
    const program = await Promise.race([start(options, log), signals.first.then(() => undefined)]);
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

async function start(options: RunOptions, log: Log): Promise<Program> {
  const clock = systemClock;
  const { version } = readVersion();
  const nodeName = options.hostnameOverride ?? hostname().toLowerCase();
  log.info({ version, node: nodeName, dataPlane: options.dataPlane }, 'kube-portal starts');
  const [tools, source] = await Promise.all([
    chooseTools(systemExec, options.iptablesVariant),
    createSource(options.source, { nodeName, log, clock }),
  ]);
  log.info({ variant: tools.variant, source: source.description }, 'iptables and the source of Services');

  const { dataPlane, reason } = await createDataPlane(options, {
    clock,
    log,
    died: (err) => {
      log.error({ err }, 'the data plane has died: ending, since only a new process can serve');
      process.exit(1);
    },
  });
  const syncMetrics = createSyncMetrics();
  const proxier = new Proxier({
    source,
    model: createModel(),
    dataPlane,
    rules: createRuleApplier({ exec: systemExec, log, tools }),
    conntrack: createConntrack(systemExec, log),
    host: createHostNetwork({ exec: systemExec, log }),
    observer: syncMetrics,
    clock,
    log,
    portRange: options.proxyPortRange,
    sctpRelay: sctpRelayOf(options),
    minSyncPeriodMs: options.minSyncPeriodMs,
    syncPeriodMs: options.syncPeriodMs,
    watchPeriodMs,
  });
  const { healthzBindAddress, metricsBindAddress } = options;
  const servers = startHttpServers({
    status: proxier,
    syncMetrics,
    dataPlaneReason: reason,
    healthzBindAddress,
    metricsBindAddress,
    clock,
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
        await proxier.stop({ graceMs: options.shutdownGraceMs, cleanup: options.cleanupOnExit });
      } finally {
        await heapTrimmer.close();
        await servers.close();
      }
    },
  };
}

/** Its sockets are made by this process, so they are its effective user's. */
function sctpRelayOf({ sctpRelay, sctpRelayPortRange }: RunOptions): SctpRelay | undefined {
  if (sctpRelay === 'off') return undefined;
  return { relayPorts: sctpRelayPortRange, uid: process.geteuid?.() ?? 0 };
}

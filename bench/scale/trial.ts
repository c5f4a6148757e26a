// bench/scale/trial.ts: everything that is measured of one number of Services from one origin, in order: a cold start,
// the proxy at rest, one Service more, one endpoint changed, and a restart on the rules that stand.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { median } from '../figures.js';
import {
  app,
  cluster,
  clusterIP,
  endpointsPerService,
  realEndpoints,
  sampledServices,
  servicePort,
} from './cluster.js';
import type { Measurement } from './measurement.js';
import { createOrigin, type Origin, type OriginKind } from './origin.js';
import type { Answered, Target } from './prober-program.js';
import { metricIn, ourRules } from './proc-text.js';
import { type ProxyProcess, startProxy } from './proxy.js';
import { createScaleRig, type ScaleRig } from './rig.js';

export interface TrialOptions {
  readonly services: number;
  readonly origin: OriginKind;
  /** How long nothing happens, for memory to settle and for the CPU of the idle proxy, in milliseconds each. */
  readonly restMs: number;
  /** Connections for one median. */
  readonly connections: number;
  readonly nodeFlags: readonly string[];
}

const startTimeoutMs = 120_000;
const changeTimeoutMs = 60_000;

export async function runTrial(options: TrialOptions): Promise<Measurement> {
  const folder = await mkdtemp(join(tmpdir(), 'kube-portal-bench-'));
  const rig = await createScaleRig();
  try {
    const apps = cluster(options.services);
    const origin = await createOrigin(options.origin, apps, { folder, namespace: rig.node });
    try {
      return await measure(options, rig, origin);
    } finally {
      await origin.close();
    }
  } finally {
    await rig.close();
    await rm(folder, { recursive: true, force: true });
  }
}

async function measure(options: TrialOptions, rig: ScaleRig, origin: Origin): Promise<Measurement> {
  const { services } = options;
  const lastIP = clusterIP(services - 1);
  const { flags } = origin;
  const { nodeFlags } = options;

  const proxy = startProxy(rig.node, { flags, nodeFlags });
  const forwardingAt = await waitFor(rig, lastIP, startTimeoutMs);
  await checkForwarding(rig, services);
  await sleep(options.restMs);
  const settled = await proxy.memory();
  const atStart = await readMetrics(rig);
  const idleCpuPercent = await idleCpu(proxy, options.restMs);
  const { rules, chains } = ourRules((await rig.node.run(['iptables-save'])).stdout);
  const fromPod = await connectMany(rig.pod, lastIP, options.connections);
  const fromHost = await connectMany(rig.host, lastIP, options.connections);

  const serviceAdded = await change(rig, async () => {
    const answering = waitFor(rig, clusterIP(services), changeTimeoutMs);
    const changedAt = await origin.put(services, app(services, realEndpoints.slice(0, endpointsPerService)));
    return (await answering) - changedAt;
  });
  await sleep(options.restMs / 4);
  const [newEndpoint] = realEndpoints.slice(endpointsPerService);
  const endpointChanged = await change(rig, async () => {
    const answering = waitFor(rig, lastIP, changeTimeoutMs, newEndpoint);
    const changedAt = await origin.put(services - 1, app(services - 1, realEndpoints.slice(1)));
    return (await answering) - changedAt;
  });
  await sleep(options.restMs / 4);
  const atEnd = await proxy.memory();
  await proxy.stop();

  const restart = await measureRestart(options, rig, origin);
  return {
    services,
    origin: options.origin,
    coldStartMs: forwardingAt - proxy.startedAtMs,
    firstSyncMs: atStart.syncSeconds * 1000,
    syncsAtStart: atStart.syncs,
    rules,
    chains,
    rssMiB: settled.rssMiB,
    rssAtEndMiB: atEnd.rssMiB,
    peakMiB: atEnd.peakMiB,
    idleCpuPercent,
    podConnectMs: median(fromPod.map(({ connectedMs }) => connectedMs)),
    podAnswerMs: median(fromPod.map(({ answeredMs }) => answeredMs)),
    hostConnectMs: median(fromHost.map(({ connectedMs }) => connectedMs)),
    hostAnswerMs: median(fromHost.map(({ answeredMs }) => answeredMs)),
    serviceAdded,
    endpointChanged,
    ...restart,
  };
}

/** With the monitor of the event loop, whose timers would disturb what is measured above. */
async function measureRestart(
  options: TrialOptions,
  rig: ScaleRig,
  origin: Origin,
): Promise<Pick<Measurement, 'restartMs' | 'startStallMs' | 'changeStallMs'>> {
  const { services, nodeFlags } = options;
  const proxy = startProxy(rig.node, { flags: origin.flags, nodeFlags, watchStalls: true });
  const forwardingAt = await waitFor(rig, clusterIP(services - 1), startTimeoutMs);
  await sleep(options.restMs / 2);
  const startStallMs = await proxy.longestStallMs();
  const answering = waitFor(rig, clusterIP(services + 1), changeTimeoutMs);
  await origin.put(services + 1, app(services + 1, realEndpoints.slice(0, endpointsPerService)));
  await answering;
  await sleep(options.restMs / 4);
  const changeStallMs = await proxy.longestStallMs();
  await proxy.stop();
  return { restartMs: forwardingAt - proxy.startedAtMs, startStallMs, changeStallMs };
}

async function change(rig: ScaleRig, act: () => Promise<number>): Promise<Measurement['serviceAdded']> {
  const before = await readMetrics(rig);
  const elapsedMs = await act();
  // What the sync counts is there once it is over, a moment after the rules are.
  await sleep(300);
  const after = await readMetrics(rig);
  return {
    elapsedMs,
    rulesWritten: after.written - before.written,
    rulesDeleted: after.deleted - before.deleted,
    syncMs: (after.syncSeconds - before.syncSeconds) * 1000,
  };
}

async function readMetrics(rig: ScaleRig) {
  const url = 'http://127.0.0.1:10249/metrics';
  const text = await rig.host.ask<string>({ command: 'get', url });
  return {
    // One sync does both families, and counts for both.
    syncSeconds: metricIn(text, 'kubeproxy_sync_proxy_rules_duration_seconds_sum\\{ip_family="IPv4"\\}'),
    syncs: metricIn(text, 'kubeproxy_sync_proxy_rules_duration_seconds_count\\{ip_family="IPv4"\\}'),
    written: metricIn(text, 'kubeportal_rules_written_total'),
    deleted: metricIn(text, 'kubeportal_rules_deleted_total'),
  };
}

async function idleCpu(proxy: ProxyProcess, restMs: number): Promise<number> {
  const started = performance.now();
  const before = await proxy.cpuSeconds();
  await sleep(2 * restMs);
  const used = (await proxy.cpuSeconds()) - before;
  return (used * 100 * 1000) / (performance.now() - started);
}

/** Real connections to the first, a middle and the last Service, from both sides. */
async function checkForwarding(rig: ScaleRig, services: number): Promise<void> {
  for (const index of sampledServices(services)) {
    for (const side of [rig.pod, rig.host]) {
      const [answer] = await connectMany(side, clusterIP(index), 1);
      if (answer === undefined || !realEndpoints.includes(answer.endpoint)) {
        throw new Error(`Service ${index} of ${services} was answered by ${answer?.endpoint}`);
      }
    }
  }
}

function connectMany(side: ScaleRig['pod'], host: string, count: number): Promise<readonly Answered[]> {
  return side.ask({ command: 'connect', target: target(host), count });
}

function waitFor(rig: ScaleRig, host: string, timeoutMs: number, by?: string): Promise<number> {
  return rig.pod.ask({
    command: 'wait',
    target: target(host),
    timeoutMs,
    ...(by !== undefined && { by }),
  });
}

function target(host: string): Target {
  return { host, port: servicePort };
}

function sleep(delayMs: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, delayMs));
}

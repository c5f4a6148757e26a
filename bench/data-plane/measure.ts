// bench/data-plane/measure.ts: gives one work to one target and says what it took: from the load's side how much and how
// fast, from /proc what the target's processes used meanwhile.
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds, residentKibibytes } from '../shared/process-usage.js';
import type { Rig, RunningTarget } from './rig.js';
import { endpointOf } from './targets.js';
import { readIperf, readWrk } from './tool-output.js';
import type { UdpLoadResult } from './udp-load.js';
import type { Measurement, Work } from './works.js';

/** What was done: `units` of what the CPU is divided by, e.g. requests. */
interface Done {
  readonly units: number;
  readonly throughput: number;
  readonly p50Us?: number;
  readonly p99Us?: number;
}

/** A gigabyte here is 10^9 bytes. */
const bytesPerUnit = 1e9;

export async function measure(
  rig: Rig,
  running: RunningTarget,
  work: Work,
  seconds: number,
): Promise<Measurement> {
  if (work.kind === 'sctp') {
    const sctp = await rig.sctp();
    return sctp.measure(running.target.name === 'direct', work.bytes, seconds);
  }
  if (work.kind === 'idle') return { memory: await idleMemory(rig, running, work.connections) };
  const port = running.ports[endpointOf(work.kind)];
  const before = cpuSeconds(running.pids);
  const { units, ...seen } = await carryOut(rig, work, port, seconds);
  const used = cpuSeconds(running.pids) - before;
  if (running.pids.length === 0) return seen;
  return { ...seen, cpu: (used / units) * (work.kind === 'bulk' ? 1 : 1e6) };
}

function carryOut(
  rig: Rig,
  work: Exclude<Work, { kind: 'idle' | 'sctp' }>,
  port: number,
  seconds: number,
): Promise<Done> {
  switch (work.kind) {
    case 'bulk':
      return bulk(rig, work.streams, work.reverse, port, seconds);
    case 'keep-alive':
      return requests(rig, work.connections, [], port, seconds);
    case 'connect':
      return requests(rig, work.connections, ['-H', 'Connection: close'], port, seconds);
    case 'udp': {
      const { bytes, clients, inFlight } = work;
      return udp(rig, { bytes, clients, inFlight, port, seconds });
    }
  }
}

/** iperf3's server serves one test at a time and says so while it still ends the one before. */
async function bulk(
  rig: Rig,
  streams: number,
  reverse: boolean,
  port: number,
  seconds: number,
): Promise<Done> {
  const argv = ['iperf3', '--client', '127.0.0.1', '--port', String(port), '--json'];
  const load = ['--time', String(Math.ceil(seconds)), '--parallel', String(streams)];
  for (let tries = 1; ; tries++) {
    const result = await rig.namespace.run([...argv, ...load, ...(reverse ? ['--reverse'] : [])]);
    try {
      const { bytes, seconds: elapsed } = readIperf(result.stdout);
      return { units: bytes / bytesPerUnit, throughput: (bytes * 8) / 1e9 / elapsed };
    } catch (err) {
      if (tries === 5 || !String(err).includes('busy')) throw err;
      await sleep(200);
    }
  }
}

async function requests(
  rig: Rig,
  connections: number,
  headers: readonly string[],
  port: number,
  seconds: number,
): Promise<Done> {
  const load = [
    '--threads',
    '1',
    '--connections',
    String(connections),
    '--duration',
    `${Math.ceil(seconds)}s`,
  ];
  const url = `http://127.0.0.1:${port}/`;
  const result = await rig.namespace.run(['wrk', ...load, '--script', rig.wrkScript, ...headers, url]);
  const done = readWrk(result.stdout + result.stderr);
  if (done.errors > done.requests / 1000)
    throw new Error(`${url}: ${done.errors} errors with ${done.requests} requests`);
  const { p50Us, p99Us } = done;
  return { units: done.requests, throughput: done.requests / done.seconds, p50Us, p99Us };
}

async function udp(
  rig: Rig,
  load: { bytes: number; clients: number; inFlight: number; port: number; seconds: number },
): Promise<Done> {
  const done = await rig.load.ask<UdpLoadResult>({ command: 'udp', ...load });
  if (done.roundTrips === 0) throw new Error(`UDP port ${load.port}: nothing came back`);
  if (done.resent > done.roundTrips / 100)
    throw new Error(`UDP port ${load.port}: ${done.resent} datagrams lost of ${done.roundTrips}`);
  const { roundTrips, p50Us, p99Us } = done;
  return { units: roundTrips, throughput: roundTrips / done.seconds, p50Us, p99Us };
}

const warmUpConnections = 200;
const settleMs = 1000;

/** In KiB per connection: by how much a process that did little before grows with that many. */
async function idleMemory(rig: Rig, { target }: RunningTarget, connections: number): Promise<number> {
  const fresh = await rig.startFresh(target);
  try {
    const port = fresh.ports.echo;
    await rig.load.ask({ command: 'connect', port, connections: warmUpConnections });
    await rig.load.ask({ command: 'disconnect' });
    await sleep(settleMs);
    const before = residentKibibytes(fresh.pids);
    await rig.load.ask({ command: 'connect', port, connections });
    await sleep(settleMs);
    return (residentKibibytes(fresh.pids) - before) / connections;
  } finally {
    await rig.load.ask({ command: 'disconnect' });
    await fresh.stop();
  }
}

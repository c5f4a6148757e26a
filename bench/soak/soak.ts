// bench/soak/soak.ts: churn in cycles. In each, clients of all kinds come and go while endpoints do; then everything ends
// and what the data plane's process still holds is looked at. All on loopback.
import { fork } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { PlaneKind } from '../shared/make-plane.js';
import { descriptorKinds, residentKibibytes } from '../shared/process-usage.js';
import { type Program, programOf } from '../shared/program.js';
import { type EndpointChurn, endpointChurn } from './endpoint-churn.js';
import type { CounterValues, SoakCommand } from './plane-program.js';
import { cleanScenes, cutScenes, type Scene } from './scenes.js';
import { Tally } from './tally.js';
import { visit } from './tcp-client.js';
import { type Meetings, openTcpEndpoint, type TcpEndpoint } from './tcp-endpoint.js';
import { openUdpEndpoint, type UdpEndpoint, visitByUdp } from './udp-peers.js';
import { growth, type Sample, tcpAccounts, udpAccounts } from './verdict.js';

export interface SoakResult {
  /** Empty: nothing is wrong. */
  readonly problems: readonly string[];
  readonly samples: readonly Sample[];
  readonly connections: number;
  readonly udpClients: number;
  readonly bytes: number;
}

export interface SoakPlan {
  readonly dataPlane: PlaneKind;
  /** At least 2: the first is the warm-up. */
  readonly cycles: number;
  readonly cycleMs: number;
}

/** Clients at a time, of each listener. */
const tcpClients = 8;
const udpClients = 6;
const updateMs = 50;
const quietDeadlineMs = 20_000;

interface Site {
  readonly name: string;
  readonly churn: EndpointChurn;
  readonly tally: Tally;
  /** One client, from its coming to its going. */
  come(id: number): Promise<void>;
}

export async function soak(plan: SoakPlan, say: (line: string) => void): Promise<SoakResult> {
  const child = fork(fileURLToPath(new URL('./plane-program.js', import.meta.url)), [plan.dataPlane], {
    execArgv: ['--expose-gc'],
  });
  const plane = programOf<SoakCommand>(child, 'the data plane');
  const meetings: Meetings = new Map();
  const tcp = await several(4, () => openTcpEndpoint(meetings));
  const udp = await several(3, openUdpEndpoint);
  let lastId = 0;
  const nextId = (): number => ++lastId;
  try {
    const sites = await openSites(plane, meetings, tcp, udp);
    const samples: Sample[] = [];
    for (let cycle = 0; cycle < plan.cycles; cycle++) {
      await runCycle(plane, sites, plan.cycleMs, nextId);
      const sample = await takeSample(plane, sites);
      samples.push(sample);
      say(`cycle ${cycle + 1}/${plan.cycles}: ${JSON.stringify(sample)}`);
    }
    const counted = await Promise.all(
      sites.map(({ name }) => plane.ask<CounterValues>({ command: 'counters', name })),
    );
    await plane.ask({ command: 'close' });
    return conclude(sites, counted, samples);
  } finally {
    await plane.close();
    await Promise.all([...tcp, ...udp].map((endpoint) => endpoint.close()));
  }
}

function several<T>(count: number, open: () => Promise<T>): Promise<readonly T[]> {
  return Promise.all(Array.from({ length: count }, open));
}

async function openSites(
  plane: Program<SoakCommand>,
  meetings: Meetings,
  tcp: readonly TcpEndpoint[],
  udp: readonly UdpEndpoint[],
): Promise<readonly Site[]> {
  // Nobody listens there, and the kernel gives it to nobody: a port that was free a moment ago may be a listener's by now.
  const dead = { ip: '127.0.0.1', port: 1 };
  const all = tcp.map(({ ip, port }) => ({ ip, port }));
  const tcpSite = async (
    name: string,
    scenes: readonly Scene[],
    churn: EndpointChurn,
    mayBeRefused = false,
  ): Promise<Site> => {
    const port = await plane.ask<number>({ command: 'open', name, protocol: 'TCP' });
    const tally = new Tally();
    const come = (id: number): Promise<void> => {
      const scene = scenes[id % scenes.length];
      if (scene === undefined) throw new Error(`no scene for ${name}`);
      return visit(meetings, { id, port, scene, tally, mayBeRefused });
    };
    return { name, churn, tally, come };
  };
  const requests = cleanScenes.filter(({ order }) => order === 'requests');
  const udpPort = await plane.ask<number>({ command: 'open', name: 'datagrams', protocol: 'UDP' });
  const udpTally = new Tally();
  return [
    await tcpSite('clean ends', cleanScenes, endpointChurn({ all, dead, emptyEvery: 0 })),
    await tcpSite('cuts', cutScenes, endpointChurn({ all, emptyEvery: 0 })),
    await tcpSite('sometimes no endpoint', requests, endpointChurn({ all, emptyEvery: 2 }), true),
    {
      name: 'datagrams',
      churn: endpointChurn({ all: udp.map(({ ip, port }) => ({ ip, port })), emptyEvery: 0 }),
      tally: udpTally,
      come: (id) =>
        visitByUdp({
          id,
          port: udpPort,
          questions: 1 + (id % 12),
          bytes: id % 20 === 0 ? 65_507 : 8 + ((id * 37) % 1392),
          impatient: id % 5 === 1,
          tally: udpTally,
        }),
    },
  ];
}

async function runCycle(
  plane: Program<SoakCommand>,
  sites: readonly Site[],
  cycleMs: number,
  nextId: () => number,
): Promise<void> {
  const endMs = performance.now() + cycleMs;
  const update = (site: Site, endpoints: Site['churn']['endpoints']): Promise<void> =>
    plane.ask({ command: 'update', name: site.name, endpoints });
  await Promise.all(sites.map((site) => update(site, site.churn.endpoints)));
  const updates = async (): Promise<void> => {
    while (performance.now() < endMs) {
      await Promise.all(sites.map((site) => update(site, site.churn.change())));
      await sleep(updateMs);
    }
  };
  const clients = async (site: Site): Promise<void> => {
    while (performance.now() < endMs) {
      const id = nextId();
      await site.come(id);
      await sleep(id % 5);
    }
  };
  await Promise.all([
    updates(),
    ...sites.flatMap((site) =>
      Array.from({ length: site.name === 'datagrams' ? udpClients : tcpClients }, () => clients(site)),
    ),
  ]);
}

/** Waits until nothing is open. */
async function takeSample(plane: Program<SoakCommand>, sites: readonly Site[]): Promise<Sample> {
  const endMs = performance.now() + quietDeadlineMs;
  for (;;) {
    const open = await plane.ask<number>({ command: 'open-count' });
    if (open === 0) break;
    if (performance.now() > endMs)
      throw new Error(`${open} still open ${quietDeadlineMs} ms after the last client`);
    await sleep(50);
  }
  // A descriptor is closed a moment after its connection is no longer counted.
  await sleep(200);
  const heapBytes = await plane.ask<number>({ command: 'heap' });
  return {
    descriptors: descriptorKinds(plane.pid),
    residentKib: residentKibibytes([plane.pid]),
    heapBytes,
    connections: sites.reduce((sum, { tally }) => sum + tally.connected, 0),
  };
}

function conclude(
  sites: readonly Site[],
  counted: readonly CounterValues[],
  samples: readonly Sample[],
): SoakResult {
  const problems = [...growth(samples)];
  let bytes = 0;
  sites.forEach(({ name, tally }, place) => {
    const counters = counted[place];
    if (counters === undefined) return;
    bytes += counters.rxBytes + counters.txBytes;
    problems.push(...(name === 'datagrams' ? udpAccounts : tcpAccounts)(name, counters, tally));
    problems.push(...tally.faults.map((fault) => `${name}: ${fault}`));
    if (tally.faultCount > tally.faults.length) problems.push(`${name}: ${tally.faultCount} faults in all`);
  });
  const clientsOf = (isUdp: boolean): number =>
    sites
      .filter(({ name }) => (name === 'datagrams') === isUdp)
      .reduce((sum, { tally }) => sum + tally.connected, 0);
  return { problems, samples, connections: clientsOf(false), udpClients: clientsOf(true), bytes };
}

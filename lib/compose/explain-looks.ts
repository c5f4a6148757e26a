// compose/explain-looks.ts: what `kube-portal explain` looks at by itself: the rules in the kernel, of whichever variants are
// installed, the ports that are open, and the endpoints.
import { type Looks, probeKey } from '../explain/explanation.js';
import { type LiveRules, readLiveRules, type SavedRules } from '../explain/live-rules.js';
import { readOpenPorts } from '../explain/open-ports.js';
import { createProbe, type Probe, type ProbeResult } from '../explain/probe.js';
import { iptablesRunner } from '../iptables/run.js';
import { installedTools } from '../iptables/variant.js';
import { type IpFamily, ipFamilyOf } from '../model/ip.js';
import { systemExec } from '../proxier/exec.js';
import type { EndpointDetail, ServicePortDetail } from '../proxier/service-detail.js';

const probeTimeoutMs = 1000;
/** Of each ServicePort: to see that endpoints answer, not to visit all of a large Service's. */
const maxProbed = 32;
/** Each may take the whole timeout: a Service of many ports must not take minutes. */
const maxProbedInAll = 256;
const probesAtOnce = 32;

/** @param variant of the process that is asked: what it wrote must be read, whatever else is */
export async function lookAround(
  servicePorts: readonly ServicePortDetail[],
  wantsProbes: boolean,
  variant: string,
): Promise<Looks> {
  const [{ liveRules, failures }, openPorts, probes] = await Promise.all([
    lookAtRules(new Set(servicePorts.map(({ ipFamily }) => ipFamily)), variant),
    readOpenPorts(),
    wantsProbes
      ? askEndpoints(servicePorts, createProbe(probeTimeoutMs, askSctp))
      : new Map<string, ProbeResult>(),
  ]);
  const notAsked = wantsProbes ? [] : ['whether endpoints answer: not asked (--probe=false)'];
  const isBlindToSctp = servicePorts.some(
    ({ protocol, listeners }) => protocol === 'SCTP' && listeners.length > 0,
  );
  const sctp = isBlindToSctp
    ? ['whether SCTP listeners are open: a relay of packets has no listening socket']
    : [];
  return { liveRules, openPorts, probes, unknown: [...failures, ...notAsked, ...sctp] };
}

async function lookAtRules(
  families: ReadonlySet<IpFamily>,
  variant: string,
): Promise<{ readonly liveRules: LiveRules; readonly failures: readonly string[] }> {
  const saved: SavedRules[] = [];
  const failures: { readonly ipFamily: IpFamily; readonly text: string }[] = [];
  const tools = await installedTools(systemExec).catch(() => []);
  for (const one of tools) {
    const runner = iptablesRunner(systemExec, one);
    for (const ipFamily of families) {
      try {
        saved.push({ variant: one.variant, ipFamily, text: await runner.save(ipFamily) });
      } catch (error) {
        const why = error instanceof Error ? error.message : String(error);
        failures.push({ ipFamily, text: `${one.variant} rules of ${ipFamily}: ${why}` });
      }
    }
  }
  const isSeen = (ipFamily: IpFamily): boolean =>
    saved.some((one) => one.ipFamily === ipFamily && one.variant === variant);
  const told = failures.filter(({ ipFamily }) => !isSeen(ipFamily)).map(({ text }) => text);
  const isBlind = [...families].some((ipFamily) => !isSeen(ipFamily));
  if (isBlind && told.length === 0) told.push(`iptables-${variant} is not installed here`);
  return {
    liveRules: readLiveRules(saved.filter(({ ipFamily }) => isSeen(ipFamily))),
    failures: told.map((failure) => `the kernel's rules: ${failure}`),
  };
}

/** Those that take new connections. */
async function askEndpoints(
  servicePorts: readonly ServicePortDetail[],
  probe: Probe,
): Promise<ReadonlyMap<string, ProbeResult>> {
  const wanted = servicePorts.flatMap(({ protocol, endpoints }) => {
    const usable = endpoints.filter(({ usableFor }) => usableFor.length > 0);
    return usable
      .slice(0, maxProbed)
      .map((endpoint) => [probeKey(protocol, endpoint), { protocol, endpoint }] as const);
  });
  const waiting = [...new Map(wanted).values()].slice(0, maxProbedInAll);
  const results = new Map<string, ProbeResult>();
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { protocol, endpoint } = next;
      results.set(probeKey(protocol, endpoint), await probe(protocol, endpoint));
    }
  };
  await Promise.all(Array.from({ length: probesAtOnce }, worker));
  return results;
}

/** Loads koffi, so only where a Service has SCTP. */
async function askSctp(
  { ip, port }: Pick<EndpointDetail, 'ip' | 'port'>,
  timeoutMs: number,
): Promise<Pick<ProbeResult, 'outcome' | 'error'>> {
  if (ipFamilyOf(ip) !== 'IPv4') return { outcome: 'unknown', error: 'IPv4 only' };
  const { probeSctp } = await import('../dataplane/sctp-peer/probe.js');
  const outcome = await probeSctp(ip, port, timeoutMs);
  return outcome === 'not-permitted' ? { outcome: 'unknown', error: 'needs CAP_NET_RAW' } : { outcome };
}

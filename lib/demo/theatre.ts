// demo/theatre.ts: all that the scenes act on and look at, behind small interfaces, so that their tests can show them
// other worlds, ones where a claim must fail.
import { hostPort } from '../model/ip.js';
import type { Clock } from '../proxier/clock.js';
import type { Endpoints } from './endpoints.js';
import type { ParseFlow } from './evidence.js';
import type { Manifests } from './manifests.js';
import type { ProxyProcess } from './proxy-process.js';
import { isAnswer, type Reply } from './reply.js';
import { type ShownService, serviceUrl } from './services.js';
import type { Place } from './stage.js';

/** Runs a shell command somewhere; resolves with its stdout, whatever its exit status is. */
export type Shell = (place: Place, command: string) => Promise<string>;

/** One client process that asks the URLs in turn. It may end early: see ask.ts. */
export type AskUrls = (place: Place, urls: readonly string[]) => Promise<readonly Reply[]>;

/** The iptables programs that the proxy uses: `iptables-nft`, `iptables-nft-save`. */
export interface FirewallPrograms {
  readonly list: string;
  readonly save: string;
}

export interface TheatreParts {
  readonly shell: Shell;
  readonly askUrls: AskUrls;
  readonly endpoints: Endpoints;
  readonly manifests: Manifests;
  readonly proxy: ProxyProcess;
  readonly firewall: FirewallPrograms;
  readonly parseFlow: ParseFlow;
  /** Why SCTP can't be shown here; undefined: it can. */
  readonly sctpObstacle: string | undefined;
  readonly clock: Clock;
}

export interface Theatre extends TheatreParts {
  /** Asks a Service `times` times, each request with a number of its own. */
  ask(place: Place, service: ShownService, times: number): Promise<readonly Reply[]>;
  /** Asks one endpoint past the Service; a single try. */
  askEndpoint(place: Place, service: ShownService, ip: string): Promise<readonly Reply[]>;
  /** The proxy's metrics as text; '' while it is not there. */
  metrics(): Promise<string>;
  /** All rules of the node, as iptables-save prints them. */
  save(): Promise<string>;
  /** Tries until `attempt` gives something, at most until `deadlineMs` (monotonic); then undefined. */
  eventually<Result>(
    attempt: () => Promise<Result | undefined>,
    deadlineMs: number,
  ): Promise<Result | undefined>;
}

const metricsUrl = 'http://127.0.0.1:10249/metrics';
const betweenTriesMs = 50;
const logDelayMs = 1_000;

export function createTheatre(parts: TheatreParts): Theatre {
  const { askUrls, shell, endpoints, firewall, clock } = parts;
  let requests = 0;

  const eventually: Theatre['eventually'] = async (attempt, deadlineMs) => {
    for (;;) {
      const result = await attempt();
      if (result !== undefined || clock.monotonic() > deadlineMs) return result;
      await new Promise<void>((resolve) => clock.after(betweenTriesMs, resolve));
    }
  };

  /** An endpoint's log line may come a moment after its answer. */
  async function logged(replies: readonly Reply[]): Promise<readonly Reply[]> {
    const ids = replies.filter(isAnswer).map(({ id }) => id);
    const isLogged = (id: string): boolean => endpoints.answersTo(id).length > 0;
    await eventually(async () => ids.every(isLogged) || undefined, clock.monotonic() + logDelayMs);
    return replies;
  }

  return {
    ...parts,
    eventually,
    async ask(place, service, times) {
      const urls = Array.from({ length: times }, () => `${serviceUrl(service)}/${++requests}`);
      return logged(await askUrls(place, urls));
    },
    async askEndpoint(place, { protocol, endpointPort }, ip) {
      const scheme = protocol === 'TCP' ? 'http' : protocol.toLowerCase();
      return logged(await askUrls(place, [`${scheme}://${hostPort(ip, endpointPort)}/${++requests}`]));
    },
    async metrics() {
      const [reply] = await askUrls('node', [metricsUrl]);
      return reply !== undefined && isAnswer(reply) ? reply.text : '';
    },
    save: () => shell('node', firewall.save),
  };
}

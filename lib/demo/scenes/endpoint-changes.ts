// demo/scenes/endpoint-changes.ts: the EndpointSlices change: an endpoint is replaced, all go, some come back. None of it
// is a matter of portal rules.
import { containerChain, refuseChain } from '../../rules/chains.js';
import type { Claim } from '../claim.js';
import { metricIn, portalRuleIn, rejectRuleIn, ruleLines } from '../evidence.js';
import { answererOf, isAnswer, isRefused, type Reply } from '../reply.js';
import { clock, type ShownService, serviceUrl, shownServices, spareIp, web } from '../services.js';
import type { Story } from '../story.js';
import type { Theatre } from '../theatre.js';
import { victimIp } from './dead-endpoint.js';
import { answered, inTurn, tellReplies } from './requests.js';
import type { Scene } from './scene.js';

/** kube-portal promises 2 s; the rest is for a busy machine, whose clients take their time to start. */
const limitMs = 5_000;

/** web's endpoints once the dead one is replaced. */
const webIps = [...web.endpointIps.filter((ip) => ip !== victimIp), spareIp];

export const endpointIsReplaced: Scene = async (theatre, story) => {
  story.scene('The dead endpoint is replaced');
  await theatre.endpoints.start(web, spareIp);
  const before = await readRules(theatre);
  story.say(
    `A new server runs at ${spareIp}. The EndpointSlice in ${web.file} is edited, as a cluster would edit it:`,
  );
  const editedMs = await edit(theatre, story, web, webIps);
  const arrival = await theatre.eventually(async () => {
    const replies = await theatre.ask('pods', web, webIps.length);
    const arrived = replies.some((reply) => answererOf(reply)?.startsWith(`${spareIp}:`));
    return arrived ? theatre.clock.monotonic() - editedMs : undefined;
  }, editedMs + limitMs);
  const replies = await theatre.ask('pods', web, 6);
  tellReplies(theatre, story, replies);
  const after = await readRules(theatre);
  const same = before.rules.join('\n') === after.rules.join('\n');
  story.say('The rules know nothing of endpoints. Before and after the change:');
  story.show([
    `kubeportal_rules_written_total ${before.written} → ${after.written}`,
    `${theatre.firewall.save}: ${before.rules.length} rules → ${after.rules.length} rules, ${same ? 'not a character changed' : 'CHANGED'}`,
  ]);
  return [
    {
      text: 'new endpoint: it serves',
      evidence: arrival === undefined ? 'not within 5 s' : `${seconds(arrival)} after the edit`,
      holds: arrival !== undefined,
    },
    answered(theatre, 'new endpoint', replies, 6),
    inTurn('new endpoint', replies, webIps),
    {
      text: 'new endpoint: no rule was touched',
      evidence: `rules written ${before.written} → ${after.written}; ${same ? 'same text' : 'text changed'}`,
      holds: same && before.written !== undefined && before.written === after.written,
    },
  ];
};

export const noEndpoints: Scene = async (theatre, story) => {
  story.scene('A Service without endpoints refuses');
  story.say('web and clock are scaled to zero, one after the other:');
  const claims: Claim[] = [];
  for (const service of shownServices) {
    const editedMs = await edit(theatre, story, service, []);
    const refusal = await becomes(theatre, service, isRefused, editedMs);
    story.say(`The pod asks ${serviceUrl(service)}:`);
    tellReplies(theatre, story, refusal.replies);
    claims.push({
      text: `no endpoints: ${service.name} (${service.protocol}) refuses`,
      evidence: refusal.reached
        ? `ECONNREFUSED, ${seconds(refusal.elapsedMs)} after the edit`
        : 'not within 5 s',
      holds: refusal.reached,
    });
  }
  const save = await theatre.save();
  const rules = shownServices.map((service) => {
    const portal = portalRuleIn(save, containerChain, service);
    return {
      service,
      portal,
      reject: rejectRuleIn(save, refuseChain, service.protocol, portal?.proxyPort ?? 0),
    };
  });
  story.say('The portals still lead to the listeners, and the filter table refuses what comes by them:');
  story.command(
    'node',
    `${theatre.firewall.save} -t filter | grep ${refuseChain} | grep REJECT`,
    rules.flatMap(({ reject }) => reject?.line ?? []),
  );
  return [
    ...claims,
    {
      text: 'no endpoints: REJECT behind the portal',
      evidence: rules
        .map(({ service, portal, reject }) => `${service.name}: ${(reject && portal?.proxyPort) ?? 'none'}`)
        .join(', '),
      holds: rules.every(({ portal, reject }) => portal !== undefined && reject !== undefined),
    },
  ];
};

export const endpointsReturn: Scene = async (theatre, story) => {
  story.scene('The endpoints come back');
  const before = await proxyPorts(theatre);
  const claims: Claim[] = [];
  for (const [service, ips] of [
    [web, webIps],
    [clock, clock.endpointIps],
  ] as const) {
    const editedMs = await edit(theatre, story, service, ips);
    const back = await becomes(theatre, service, isAnswer, editedMs);
    tellReplies(theatre, story, back.replies);
    claims.push({
      text: `back: ${service.name} answers`,
      evidence: back.reached ? `${seconds(back.elapsedMs)} after the edit` : 'not within 5 s',
      holds: back.reached,
    });
  }
  const after = await proxyPorts(theatre);
  return [
    ...claims,
    { text: 'back: on the same proxy ports', evidence: `${before} → ${after}`, holds: before === after },
  ];
};

/** Resolves with the time of the edit, monotonic. */
export async function edit(
  { manifests, clock }: Theatre,
  story: Story,
  service: ShownService,
  ips: readonly string[],
): Promise<number> {
  story.show(await manifests.setEndpoints(service, ips));
  return clock.monotonic();
}

/** Asks until the reply is as wanted. The replies are the last ones, wanted or not. */
export async function becomes(
  theatre: Theatre,
  service: ShownService,
  wanted: (reply: Reply) => boolean,
  sinceMs: number,
): Promise<{ readonly reached: boolean; readonly replies: readonly Reply[]; readonly elapsedMs: number }> {
  let replies: readonly Reply[] = [];
  const reached = await theatre.eventually(async () => {
    replies = await theatre.ask('pods', service, 1);
    return replies.every(wanted) || undefined;
  }, sinceMs + limitMs);
  return { reached: reached === true, replies, elapsedMs: theatre.clock.monotonic() - sinceMs };
}

/** `33869 48284`, in the order of the Services. */
export async function proxyPorts(theatre: Theatre): Promise<string> {
  const save = await theatre.save();
  return shownServices
    .map((service) => portalRuleIn(save, containerChain, service)?.proxyPort ?? 'none')
    .join(' ');
}

async function readRules(
  theatre: Theatre,
): Promise<{ readonly rules: readonly string[]; readonly written: number | undefined }> {
  const [save, metrics] = await Promise.all([theatre.save(), theatre.metrics()]);
  return { rules: ruleLines(save), written: metricIn(metrics, 'kubeportal_rules_written_total') };
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}

// explain/endpoint-verdict.ts: PURE. Why a ServicePort has nobody to forward to, from its slices to its endpoints; and
// whether those that it has answer.
import { hostPort } from '../model/ip.js';
import { trafficScopes } from '../model/traffic-scope.js';
import type { WayDetail } from '../proxier/service-detail.js';
import type { ExplainedEndpoint, ExplainedPortal, ExplainedServicePort, Walk } from './explanation.js';
import type { ProbeOutcome } from './probe.js';
import { blindText, countOf, label, type Ranked, say as verdict } from './sentence.js';
import type { Verdict, VerdictCode } from './verdict-code.js';

export function missingEndpoints(
  port: ExplainedServicePort,
  portal: ExplainedPortal,
  way: WayDetail,
  walk: Walk,
): Verdict {
  const { protocol, ipFamily, endpoints, endpointsTotal } = port;
  const { service, slices, strays } = walk;
  const isForSome = portal.ways.length > 1 && portal.ways.some(({ disposition }) => disposition === 'serve');
  const whom = !isForSome ? 'clients' : way.from === 'cluster' ? 'pods' : 'clients from outside the cluster';
  const what = way.disposition === 'drop' ? `drops ${whom}` : `refuses ${whom}`;
  const say = (code: VerdictCode, why: string, next: string): Verdict => ({
    code,
    text: `${label(port)} ${what}: ${why}.`,
    next,
  });
  const [namespace = '', own = ''] = service.split('/');
  const listSlices = `kubectl get endpointslices -n ${namespace} -l kubernetes.io/service-name=${own}`;

  if (slices.length === 0) {
    const stray = strays[0];
    const next =
      stray === undefined
        ? `Does its selector match any pod? One without a selector needs slices of its own: ${listSlices}`
        : `A slice that may be meant for it belongs to nobody: ${stray}.`;
    return say('no-slices', 'no EndpointSlice says where it is served', next);
  }
  if (endpointsTotal === 0) {
    const offered = [
      ...new Set(
        slices.flatMap(({ ports }) =>
          ports.map((one) => `${one.name || '(unnamed)'}/${one.protocol}/${one.ipFamily}`),
        ),
      ),
    ];
    if (offered.length === 0)
      return say(
        'no-endpoints',
        'its slices have no endpoint',
        `Does its selector match any pod? ${listSlices} -o yaml`,
      );
    return say(
      'port-not-in-slices',
      `its slices have endpoints for ${offered.join(', ')}, and none for ${port.portName || '(unnamed)'}/${protocol}/${ipFamily}`,
      "A slice's port must have the name, the protocol and the family of the Service's (spec.ports[].name, not targetPort).",
    );
  }
  const reasons = endpoints.map(({ whyNot }) => whyNot[way.scope] ?? '');
  const count = countOf(endpointsTotal, 'endpoint');
  if (reasons.every((reason) => reason.startsWith('refused')))
    return say(
      'endpoints-loop',
      `its ${count} would lead back to this proxy`,
      "Its slices name a Service's address, or one of this node's that leads here: name pods, or ports of other processes.",
    );
  if (
    way.disposition === 'drop' ||
    reasons.some((reason) => reason.startsWith('on node') || reason.startsWith('its slice names no node'))
  )
    return say(
      'endpoints-elsewhere',
      `its traffic policy is Local, and ${onlyElsewhere(endpointsTotal)} on node ${walk.node}`,
      'Ask a node that has one, or set the policy to Cluster; is the node name right (--hostname-override)?',
    );
  return say(
    'endpoints-not-ready',
    `${endpointsTotal === 1 ? 'its only endpoint can not' : `none of its ${count} can`} be used (${[...new Set(reasons)].join('; ')})`,
    `Why are the pods not ready: kubectl get pods -n ${namespace} -o wide`,
  );
}

function onlyElsewhere(total: number): string {
  return total === 1 ? 'its only endpoint is not' : `none of its ${total} endpoints that can be used is`;
}

/** @param portals where nothing is wrong before the endpoints */
export function endpointsVerdict(
  port: ExplainedServicePort,
  portals: readonly ExplainedPortal[],
  { against, unknown, from }: Walk,
): Ranked {
  const who = label(port);
  const led = trafficScopes
    .filter((scope) => portals.some(({ ways }) => ways.some((way) => way.scope === scope)))
    .map((scope) => ({ scope, endpoints: port.endpoints.filter((one) => one.usableFor.includes(scope)) }));
  const used = [...new Set(led.flatMap(({ endpoints }) => endpoints))];
  const isCut = port.endpointsTotal > port.endpoints.length;
  const many = countOf(isCut ? port.usableTotal : used.length, 'endpoint');
  for (const { scope, endpoints } of led) {
    const asked = endpoints.filter(({ probe }) => probe !== undefined);
    const [first] = asked;
    if (first === undefined || asked.some((one) => !isDead(port, one))) continue;
    const ofSome = led.length > 1 && from.kind === 'everybody' ? ` (${scope} scope)` : '';
    const of = asked.length < endpoints.length ? ` of the ${asked.length} that were asked` : '';
    const how = asked.length === 1 && of === '' ? 'it does not answer' : `none${of} answers`;
    const text = `${who} is led to ${countOf(endpoints.length, 'endpoint')}${ofSome}, and ${how} (${first.probe?.outcome}).`;
    return [11, verdict('endpoints-dead', text, deadAdvice(first))];
  }
  if (against === 'manifests') {
    const text = `${who} would be served by ${many}; rules, listeners and endpoints are not looked at.`;
    return [0, verdict('served', text)];
  }
  const dead = used.filter((one) => isDead(port, one));
  if (dead.length > 0) {
    const text = `${who} is served by ${many}, ${dead.length} of which do${dead.length === 1 ? 'es' : ''} not answer: ${listOf(dead)}.`;
    return [12, verdict('served-in-part', text, 'Clients are handed to the others; look at those pods.')];
  }
  return [0, verdict('served', `${who} is served by ${many}${blindText({ unknown })}.`)];
}

const maxNamed = 5;

function listOf(endpoints: readonly ExplainedEndpoint[]): string {
  const named = endpoints.slice(0, maxNamed).map(({ ip, port }) => hostPort(ip, port));
  const more = endpoints.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

const deadOutcomes: ReadonlySet<ProbeOutcome | undefined> = new Set(['refuses', 'unreachable', 'silent']);

/** Of UDP, silence says nothing. */
function isDead({ protocol }: ExplainedServicePort, { probe }: ExplainedEndpoint): boolean {
  if (probe?.outcome === 'silent' && protocol === 'UDP') return false;
  return deadOutcomes.has(probe?.outcome);
}

function deadAdvice({ ip, port, probe }: ExplainedEndpoint): string {
  switch (probe?.outcome) {
    case 'refuses':
      return `The pod is there, and nobody listens: does its process listen on ${hostPort(ip, port)}, and not on 127.0.0.1 only; is the Service's targetPort right?`;
    case 'unreachable':
      return `This node has no way there: ip route get ${ip}; is the pod network (CNI) up?`;
    default:
      return `Is the pod still there, does a NetworkPolicy or a firewall forbid it, is there a way: ip route get ${ip}`;
  }
}

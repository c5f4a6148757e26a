// explain/verdict.ts: PURE. A walk's end: one sentence, and what to do next. What stops a connection first on its way is
// what is said; a doubt is said where nothing stops it.
import { endpointsVerdict } from './endpoint-verdict.js';
import type { ExplainedServicePort, Walk } from './explanation.js';
import { portalText } from './portal-text.js';
import { portalVerdict } from './portal-verdict.js';
import { familyOf, senderText } from './sender.js';
import { blindText, label, type Ranked, rankOf, say } from './sentence.js';
import type { Verdict } from './verdict-code.js';

export function verdictOf(walk: Walk): { readonly served: boolean; readonly verdict: Verdict } {
  const verdict = ofService(walk) ?? ofPorts(walk);
  return { served: verdict.code === 'served' || verdict.code === 'served-in-part', verdict };
}

function ofService({
  asked,
  service,
  exists,
  similar,
  notForUs,
  problems,
  ports,
  servicePorts,
  against,
  process,
}: Walk): Verdict | undefined {
  const where = against === 'process' ? 'the cluster' : 'the manifests';
  if (!exists) {
    const next =
      process?.sourceFailure !== undefined
        ? `Not everything could be read: ${process.sourceFailure}`
        : similar.length > 0
          ? `Did you mean ${similar.join(' or ')}?`
          : 'See what there is: kube-portal status';
    return say('no-such-service', `There is no Service ${service} in ${where}.`, next);
  }
  if (notForUs !== undefined)
    return say(
      'not-for-us',
      `${service} is not served by any node proxy: ${notForUs}.`,
      notForUs.includes('headless')
        ? "Its name resolves to the endpoints' own addresses: look at DNS and at the endpoints."
        : notForUs.includes('ExternalName')
          ? 'Its name resolves to another name (spec.externalName): look at DNS.'
          : 'Ask whoever set the label, or take it away.',
    );
  if (ports.length === 0) {
    const [first] = problems;
    const why = first === undefined ? 'it has no port that can be served' : first;
    return say(
      'no-ports',
      `${service} is not served: ${why}.`,
      `Mend it: kubectl edit svc -n ${kubectlName(service)}`,
    );
  }
  if (servicePorts.length === 0)
    return say(
      'no-such-port',
      `${asked}: the Service has no such port.`,
      `Its ports are ${ports.join(', ')}.`,
    );
  return undefined;
}

/** The worst port is what is told, among those of the client's family. */
function ofPorts(walk: Walk): Verdict {
  const family = familyOf(walk.from);
  const theirs = walk.servicePorts.filter(({ ipFamily }) => family === undefined || ipFamily === family);
  if (theirs.length === 0)
    return say(
      'no-portal',
      `${walk.asked} has no ${family ?? ''} address, and a client ${senderText(walk.from)} can use no other.`,
      'Make the Service dual-stack (spec.ipFamilyPolicy), or ask from an address of its family.',
    );
  const each = theirs.map((one) => ofPort(one, walk));
  const [, worst] = each.reduce((a, b) => (rankOf(b) < rankOf(a) ? b : a));
  if (theirs.length === 1) return worst;
  const well = each.filter(([, { code }]) => code === 'served').length;
  if (well === theirs.length) {
    const text =
      walk.against === 'manifests'
        ? `All ${well} ports of ${walk.service} would be served; rules, listeners and endpoints are not looked at.`
        : `All ${well} ports of ${walk.service} are served${blindText(walk)}.`;
    return say('served', text);
  }
  return well === 0
    ? worst
    : {
        ...worst,
        text: `${worst.text} Of its ${theirs.length} ports, ${well} ${well === 1 ? 'is' : 'are'} served.`,
      };
}

function ofPort(port: ExplainedServicePort, walk: Walk): Ranked {
  if (!port.isServed) return notServed(port);
  const asked = port.portals.filter(({ isAsked }) => isAsked);
  if (asked.length === 0) {
    const text = `${label(port)} has no address for clients outside the cluster.`;
    return [1, say('no-portal', text, 'Give it type NodePort or LoadBalancer, or externalIPs.')];
  }
  const found = asked.map((portal) => ({ portal, fault: portalVerdict(portal, port, walk) }));
  const worst = found.reduce((a, b) => (rankOf(b.fault) < rankOf(a.fault) ? b : a)).fault;
  const well = found.filter(({ fault: [rank] }) => rank === 0).map(({ portal }) => portal);
  if (well.length === 0) return worst;
  const theirs = endpointsVerdict(port, well, walk);
  if (worst[0] === 0) return theirs;
  const at = well.map(portalText).join(', ');
  const rest =
    theirs[1].code === 'endpoints-dead' ? `At ${at} no endpoint answers.` : `It is served at ${at}.`;
  return [worst[0], { ...worst[1], text: `${worst[1].text} ${rest}` }];
}

function notServed(port: ExplainedServicePort): Ranked {
  const clusterIP = port.portals.find(({ kind }) => kind === 'clusterIP');
  if (clusterIP?.lostTo === undefined) {
    const next = 'Ask again in a second; then look at the log.';
    return [1, say('not-synced', `${label(port)} is not in force yet.`, next)];
  }
  const text = `${label(port)} is not served: its ${portalText(clusterIP)} belongs to ${clusterIP.lostTo}.`;
  return [1, say('clusterip-lost', text, 'Give one of the two another address, or delete it.')];
}

function kubectlName(service: string): string {
  return service.replace('/', ' ');
}

// demo/loss.ts: PURE. A Service does not answer: where on its way did the packet get lost? The stations are asked in the
// order in which a packet passes them, and the first that it did not get through is the answer.
import { hostPort } from '../model/ip.js';
import { type ShownService, serviceUrl } from './services.js';

export interface LossFacts {
  /** The rule for packets that arrive; undefined: there is none. */
  readonly rule: { readonly proxyPort: number | undefined } | undefined;
  /** Packets that the rule has counted. */
  readonly counted: number;
  /** Whether connection tracking shows a flow that leads to the proxy port. */
  readonly translated: boolean;
  /** Whether the proxy listens on the port that the rule leads to. */
  readonly listening: boolean;
  /** Whether an endpoint answers when it is asked directly, from the node. */
  readonly endpointAnswers: boolean;
  /** Packets for a ClusterIP that came to the gateway of the default route. */
  readonly atGateway: number;
}

/** One paragraph: the place, and what shows it. */
export function findLoss(service: ShownService, facts: LossFacts): string {
  const portal = hostPort(service.clusterIp, service.port);
  if (facts.rule === undefined) {
    const fate =
      facts.atGateway > 0
        ? `it took the default route and left the node: ${facts.atGateway} packets for a ClusterIP came to the gateway, which knows none.`
        : 'nothing told the kernel to keep it on the node.';
    return `Lost before the listener: no rule in the nat table captures ${portal}. The packet kept its destination, and ${fate}`;
  }
  if (facts.counted === 0) {
    return `Lost before the rule: it stands and has counted no packet, so what was sent to ${portal} never came to its chain.`;
  }
  if (!facts.translated) {
    return `Lost at the rule: it counted ${facts.counted} packets, but connection tracking shows no flow that leads to the proxy port.`;
  }
  if (!facts.listening) {
    return `Lost behind the rule: it leads to port ${facts.rule.proxyPort}, where the proxy does not listen.`;
  }
  if (!facts.endpointAnswers) {
    return `Lost behind the proxy: the packet came to the listener, but no endpoint answers, not even when asked directly.`;
  }
  return `Lost in the proxy: rule, listener and endpoints are all there, and ${serviceUrl(service)} still does not answer.`;
}

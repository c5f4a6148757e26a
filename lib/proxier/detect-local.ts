// proxier/detect-local.ts: PURE. How rules tell pods from others: from what the administrator chose and what is known of
// the node. The modes are kube-proxy's (detectLocalMode).
import type { NodeFacts } from '../model/node-facts.js';
import { sameTexts } from '../model/slice-record.js';
import type { DetectLocal } from './rule-applier.js';

/** `node-cidrs`: the podCIDRs of our Node; none until they are known. */
export type DetectLocalMode = DetectLocal | { readonly kind: 'node-cidrs' };

/** The same object for as long as it says the same. */
export type DetectLocalChooser = (node: Pick<NodeFacts, 'podCIDRs'>) => DetectLocal;

export function detectLocalChooser(mode: DetectLocalMode): DetectLocalChooser {
  if (mode.kind !== 'node-cidrs') return () => mode;
  let last = ofCIDRs({ IPv4: [], IPv6: [] });
  return ({ podCIDRs }) => {
    const isSame = sameTexts(last.cidrs.IPv4, podCIDRs.IPv4) && sameTexts(last.cidrs.IPv6, podCIDRs.IPv6);
    if (!isSame) last = ofCIDRs(podCIDRs);
    return last;
  };
}

function ofCIDRs(cidrs: NodeFacts['podCIDRs']) {
  return { kind: 'cidrs', cidrs } as const;
}

// sources/kube/kube-resource.ts: what is read from the API server, with the selectors that kube-proxy uses (1.36),
// so that Services which are not ours never cross the network.
import type { KubeKind } from '../../model/kube-objects.js';
import type { Convert } from './convert.js';
import { convertEndpointSlice } from './convert-endpoint-slice.js';
import { convertNode } from './convert-node.js';
import { convertService } from './convert-service.js';

export interface KubeResource {
  readonly kind: KubeKind;
  readonly path: string;
  readonly labelSelector?: string;
  readonly fieldSelector?: string;
  /** A server that does not know the field answers 400; then everything is read, and the model leaves it out. */
  readonly fieldSelectorOptional: boolean;
  readonly convert: Convert;
}

export const serviceResource: KubeResource = {
  kind: 'Service',
  path: '/api/v1/services',
  labelSelector: '!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name',
  // Known to API servers from 1.31 on.
  fieldSelector: 'spec.clusterIP!=None',
  fieldSelectorOptional: true,
  convert: convertService,
};

export const endpointSliceResource: KubeResource = {
  kind: 'EndpointSlice',
  path: '/apis/discovery.k8s.io/v1/endpointslices',
  labelSelector: '!service.kubernetes.io/headless',
  fieldSelectorOptional: false,
  convert: convertEndpointSlice,
};

/** This one Node only: a cluster's Nodes change all the time. */
export function nodeResource(nodeName: string): KubeResource {
  return {
    kind: 'Node',
    path: '/api/v1/nodes',
    fieldSelector: `metadata.name=${nodeName}`,
    fieldSelectorOptional: false,
    convert: convertNode,
  };
}

import t from 'tap';
import {
  endpointSliceResource,
  nodeResource,
  serviceResource,
} from '../../../lib/sources/kube/kube-resource.js';

t.test('the selectors are those of kube-proxy', async (t) => {
  t.match(serviceResource, {
    path: '/api/v1/services',
    labelSelector: '!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name',
    fieldSelector: 'spec.clusterIP!=None',
    fieldSelectorOptional: true,
  });
  t.match(endpointSliceResource, {
    path: '/apis/discovery.k8s.io/v1/endpointslices',
    labelSelector: '!service.kubernetes.io/headless',
    fieldSelector: undefined,
  });
  t.match(nodeResource('n1'), {
    path: '/api/v1/nodes',
    fieldSelector: 'metadata.name=n1',
    fieldSelectorOptional: false,
  });
});

t.test('each converts its own kind', async (t) => {
  const metadata = { name: 'x', namespace: 'y' };
  for (const resource of [serviceResource, endpointSliceResource, nodeResource('n1')]) {
    const { object } = resource.convert({ metadata, spec: {}, addressType: 'IPv4' });
    t.equal(object?.kind, resource.kind);
  }
});

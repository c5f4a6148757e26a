// Walks for tests of what is made of them: default/web, 10.96.0.1:80, well in all respects unless a test says otherwise.
import type {
  ExplainedEndpoint,
  ExplainedPortal,
  ExplainedServicePort,
  Walk,
} from '../../lib/explain/explanation.js';
import type { ProbeOutcome } from '../../lib/explain/probe.js';
import type { WayDetail } from '../../lib/proxier/service-detail.js';

export function wayOf(wish: Partial<WayDetail> = {}): WayDetail {
  return { from: 'everybody', scope: 'Cluster', proxyPort: 40_000, disposition: 'serve', ...wish };
}

export function portalOf(wish: Partial<ExplainedPortal> = {}): ExplainedPortal {
  const ways = wish.ways ?? [wayOf()];
  const found = (['arriving', 'sent'] as const).map((hook) => ({
    hook,
    jump: true,
    ways: ways.map(({ from, proxyPort = 0 }) => ({ from, proxyPort })),
  }));
  return {
    kind: 'clusterIP',
    ip: '10.96.0.1',
    port: 80,
    isAsked: true,
    isBlocked: false,
    ways,
    isLetIn: true,
    rule: { state: 'in-place', variant: 'nft', found },
    ...wish,
  };
}

export function endpointOf(
  last: number,
  outcome: ProbeOutcome | undefined = 'answers',
  wish: Partial<ExplainedEndpoint> = {},
): ExplainedEndpoint {
  return {
    ip: `10.244.0.${last}`,
    port: 8080,
    ready: true,
    serving: true,
    terminating: false,
    usableFor: ['Cluster'],
    whyNot: {},
    probe: { outcome, elapsedMs: 1 },
    ...wish,
  };
}

export function portOf(wish: Partial<ExplainedServicePort> = {}): ExplainedServicePort {
  const endpoints = wish.endpoints ?? [endpointOf(1), endpointOf(2)];
  const numbers = { open: 0, opened: 0, failed: 0, rxBytes: 0, txBytes: 0 };
  return {
    key: 'default/web/TCP/IPv4',
    name: 'default/web',
    portName: '',
    protocol: 'TCP',
    ipFamily: 'IPv4',
    port: 80,
    isServed: true,
    internalPolicy: 'Cluster',
    externalPolicy: 'Cluster',
    endpoints,
    endpointsTotal: endpoints.length,
    usableTotal: endpoints.length,
    portals: [portalOf()],
    listeners: [
      { scope: 'Cluster', claim: false, port: 40_000, disposition: 'serve', isOpen: true, ...numbers },
    ],
    problems: [],
    ...wish,
  };
}

export function walkOf(servicePorts: readonly ExplainedServicePort[], wish: Partial<Walk> = {}): Walk {
  return {
    asked: 'default/web',
    service: 'default/web',
    from: { kind: 'everybody' },
    against: 'process',
    node: 'here',
    exists: true,
    similar: [],
    problems: [],
    slices: [
      {
        object: 'EndpointSlice default/web-1',
        ports: [{ name: '', protocol: 'TCP', ipFamily: 'IPv4', port: 8080, endpoints: 2 }],
        problems: [],
      },
    ],
    strays: [],
    ports: servicePorts.map(({ port }) => String(port)),
    servicePorts,
    unknown: [],
    ...wish,
  };
}

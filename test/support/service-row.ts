// A line of `kube-portal status` for tests, with only what a test wants to say.
import type { ProcessFacts } from '../../lib/proxier/process-facts.js';
import type { ServiceRow } from '../../lib/proxier/service-rows.js';

export function serviceRow(name: string, wish: Partial<ServiceRow> = {}): ServiceRow {
  return {
    key: `${name}/TCP/IPv4`,
    name,
    protocol: 'TCP',
    ipFamily: 'IPv4',
    portals: [{ kind: 'clusterIP', ip: '10.96.0.1', port: 80 }],
    listeners: [{ scope: 'Cluster', claim: false, port: 40_000, disposition: 'serve' }],
    endpoints: { usable: 1, known: 1 },
    problems: [],
    open: 0,
    opened: 0,
    failed: 0,
    rxBytes: 0,
    txBytes: 0,
    ...wish,
  };
}

export const processFactsHere: ProcessFacts = {
  version: '1.2.3',
  pid: 7,
  networkNamespace: 'net:[1]',
  iptablesVariant: 'nft',
  source: 'the API server',
  node: 'here',
  dataPlane: 'linux',
  sourceHealth: { state: 'healthy' },
  sync: { healthy: true, lastUpdatedMs: 1000, lastQueuedMs: 1000, families: {} },
  totals: { tcpConnections: 1, udpClients: 2, maxConnections: 100 },
  detectLocal: { kind: 'none' },
  nodePortAddresses: 'all',
  problems: [],
  problemsTotal: 0,
};

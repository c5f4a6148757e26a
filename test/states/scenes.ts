// test/states/scenes.ts: the portals behind test/states/*.txt, by the name of the file.
import type { DesiredRules } from '../../lib/rules/portal.js';
import { desire, nodePort, portal } from './example-portals.js';

export const scenes: Readonly<
  Record<string, { readonly ipFamily: 'IPv4' | 'IPv6'; readonly desired: DesiredRules }>
> = {
  'no-services': { ipFamily: 'IPv4', desired: desire([]) },
  'few-services': {
    ipFamily: 'IPv4',
    desired: desire([
      portal('10.96.0.10', 53, { protocol: 'UDP', name: 'dns', proxyPort: 40_001 }),
      portal('10.96.0.10', 53, { name: 'dns', proxyPort: 40_002 }),
      portal('10.96.0.1', 443, { name: 'kubernetes', proxyPort: 40_003 }),
      portal('10.100.7.7', 80, { name: 'asleep', proxyPort: 40_004, disposition: 'refuse' }),
      portal('10.100.7.7', 9000, {
        protocol: 'SCTP',
        name: 'asleep',
        proxyPort: 40_005,
        disposition: 'refuse',
      }),
    ]),
  },
  'ipv6-by-dnat': {
    ipFamily: 'IPv6',
    desired: desire(
      [
        portal('fd00:10:96::a', 53, {
          protocol: 'UDP',
          name: 'dns',
          proxyPort: 40_001,
          disposition: 'refuse',
        }),
        portal('fd00:10:96::1', 443, { name: 'kubernetes', proxyPort: 40_003 }),
        portal('10.96.0.1', 443, { name: 'kubernetes', proxyPort: 40_009 }),
      ],
      { steering: { IPv4: { kind: 'redirect' }, IPv6: { kind: 'dnat', to: 'fd00:77::1' } } },
    ),
  },
  'many-services': {
    ipFamily: 'IPv4',
    desired: desire([
      ...Array.from({ length: 18 }, (_, index) =>
        portal('10.96.0.50', 8000 + index, { name: 'many-ports', proxyPort: 40_000 + index }),
      ),
      ...[1, 2, 3, 130, 131].map((byte) =>
        portal(`10.97.0.${byte}`, 80, { name: `web-${byte}`, proxyPort: 40_100 + byte }),
      ),
      portal('203.0.113.9', 80, { name: 'far-away', proxyPort: 41_000 }),
    ]),
  },
  'node-ports': {
    ipFamily: 'IPv4',
    desired: desire(
      [
        nodePort('IPv4', 30_080, { proxyPort: 40_000 }),
        nodePort('IPv4', 30_053, { protocol: 'UDP', name: 'dns', proxyPort: 40_001 }),
        nodePort('IPv4', 30_053, { protocol: 'SCTP', name: 'dns', proxyPort: 40_002 }),
        nodePort('IPv4', 30_443, {
          name: 'local',
          clusterPort: 40_003,
          proxyPort: 40_004,
          disposition: 'drop',
        }),
      ],
      { detectLocal: { kind: 'cidrs', cidrs: { IPv4: ['10.244.0.0/16'], IPv6: [] } } },
    ),
  },
  'node-ports-of-some-addresses': {
    ipFamily: 'IPv6',
    desired: desire(
      [
        ...Array.from({ length: 17 }, (_, index) =>
          nodePort('IPv6', 30_000 + 3 * index, { proxyPort: 40_000 + 3 * index }),
        ),
        nodePort('IPv6', 32_000, { protocol: 'UDP', name: 'dns', proxyPort: 41_000 }),
      ],
      { nodePortAddresses: { IPv4: ['192.168.77.1'], IPv6: ['fd00:77::1', '::1'] } },
    ),
  },
  'node-ports-not-on-loopback': {
    ipFamily: 'IPv4',
    desired: desire([nodePort('IPv4', 30_080, { proxyPort: 40_000 })], {
      localhostNodePorts: false,
      dropInvalid: false,
    }),
  },
  'load-balancers': {
    ipFamily: 'IPv4',
    desired: desire(
      [
        portal('203.0.113.5', 80, { name: 'open', clusterPort: 40_000, proxyPort: 40_001 }),
        portal('203.0.113.6', 80, {
          name: 'guarded',
          proxyPort: 40_002,
          sourceRanges: ['192.168.77.0/24', '10.0.0.0/8'],
        }),
        portal('203.0.113.7', 80, {
          name: 'local',
          clusterPort: 40_003,
          proxyPort: 40_004,
          disposition: 'drop',
          sourceRanges: ['0.0.0.0/0'],
        }),
        portal('203.0.113.8', 9000, {
          name: 'local',
          protocol: 'SCTP',
          clusterPort: 40_005,
          proxyPort: 40_006,
          disposition: 'refuse',
          sourceRanges: ['192.168.77.2/32', '10.244.8.0/24', '10.0.0.0/8'],
        }),
        portal('203.0.113.9', 80, { name: 'nobody', proxyPort: 40_007, sourceRanges: [] }),
      ],
      { detectLocal: { kind: 'interface', match: 'cali+' } },
    ),
  },
};

// test/states/scenes.ts: the portals behind test/states/*.txt, by the name of the file.
import type { DesiredRules } from '../../lib/rules/portal.js';
import { desire, portal } from './example-portals.js';

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
      portal('10.100.7.7', 80, { name: 'asleep', proxyPort: 40_004, refused: true }),
      portal('10.100.7.7', 9000, { protocol: 'SCTP', name: 'asleep', proxyPort: 40_005, refused: true }),
    ]),
  },
  'ipv6-by-dnat': {
    ipFamily: 'IPv6',
    desired: desire(
      [
        portal('fd00:10:96::a', 53, { protocol: 'UDP', name: 'dns', proxyPort: 40_001, refused: true }),
        portal('fd00:10:96::1', 443, { name: 'kubernetes', proxyPort: 40_003 }),
        portal('10.96.0.1', 443, { name: 'kubernetes', proxyPort: 40_009 }),
      ],
      { IPv4: { kind: 'redirect' }, IPv6: { kind: 'dnat', to: 'fd00:77::1' } },
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
};

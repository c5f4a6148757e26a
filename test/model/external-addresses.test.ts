// External IPs, load balancers' addresses and who may use them.
import t from 'tap';
import { externalAddressesOf } from '../../lib/model/external-addresses.js';
import type { IpFamily } from '../../lib/model/ip.js';
import type { ServiceObject } from '../../lib/model/kube-objects.js';
import { fieldsOf } from '../../lib/model/loose-fields.js';
import type { ServiceType } from '../../lib/model/service-traffic.js';

interface Wish {
  readonly type?: ServiceType;
  readonly externalIPs?: unknown;
  readonly ranges?: unknown;
  readonly annotation?: string;
  readonly ingress?: unknown;
  readonly served?: readonly IpFamily[];
}

/** What is not empty, by family, then `field: message` of each problem. */
function told(wish: Wish): readonly unknown[] {
  const problems: string[] = [];
  const spec = { externalIPs: wish.externalIPs, loadBalancerSourceRanges: wish.ranges };
  const annotations = { 'service.beta.kubernetes.io/load-balancer-source-ranges': wish.annotation };
  const service = {
    kind: 'Service',
    metadata: { namespace: 'default', name: 'web', annotations },
    spec,
    status: { loadBalancer: { ingress: wish.ingress } },
  } as unknown as ServiceObject;
  const type = wish.type ?? 'LoadBalancer';
  const addresses = externalAddressesOf(
    service,
    fieldsOf(spec),
    type,
    wish.served ?? ['IPv4', 'IPv6'],
    (field, message) => problems.push(`${field}: ${message}`),
  );
  const filled = Object.entries(addresses).filter(([, ofFamily]) => Object.keys(ofFamily).length > 0);
  return [Object.fromEntries(filled), ...problems];
}

const both = [{ ip: '192.0.2.9' }, { ip: '2001:db8::9' }];

t.test('external IPs are canonical, of their family, each once, in their order', async (t) => {
  const externalIPs = ['192.0.2.2', '2001:DB8:0::1', '192.0.2.1', '192.0.2.2', '2001:db8::1'];
  for (const type of ['ClusterIP', 'NodePort', 'LoadBalancer'] as const) {
    t.same(told({ type, externalIPs }), [
      { IPv4: { externalIPs: ['192.0.2.2', '192.0.2.1'] }, IPv6: { externalIPs: ['2001:db8::1'] } },
    ]);
  }
  t.same(told({ externalIPs: null }), [{}]);
});

t.test('ingress addresses of load balancers, those of ipMode Proxy left out', async (t) => {
  const ingress = [
    { ip: '192.0.2.1', ipMode: 'VIP' },
    { ip: '192.0.2.2', ipMode: 'Proxy' },
    { ip: '192.0.2.3' },
    { ip: '192.0.2.4', ipMode: null },
    { ip: '2001:db8::1', ipMode: 'VIP', ports: [] },
    { hostname: 'lb.example' },
    { ip: '' },
    { ip: '192.0.2.1' },
  ];
  t.same(told({ ingress }), [
    {
      IPv4: { loadBalancerIPs: ['192.0.2.1', '192.0.2.3', '192.0.2.4'] },
      IPv6: { loadBalancerIPs: ['2001:db8::1'] },
    },
  ]);
  t.same(told({ ingress, type: 'NodePort' }), [{}], 'a status that stayed behind');
  t.same(told({ ingress: both, served: ['IPv6'] }), [{ IPv6: { loadBalancerIPs: ['2001:db8::9'] } }]);
});

t.test('source ranges: each family has its own', async (t) => {
  const of = (v4: readonly string[] | undefined, v6: readonly string[] | undefined) => ({
    IPv4: { loadBalancerIPs: ['192.0.2.9'], ...(v4 && { sourceRanges: v4 }) },
    IPv6: { loadBalancerIPs: ['2001:db8::9'], ...(v6 && { sourceRanges: v6 }) },
  });
  const closed = (ip: string, ipFamily: IpFamily): string =>
    `spec.loadBalancerSourceRanges: ${ip} is closed to everybody: none of the ranges is ${ipFamily}`;
  const table: readonly [wish: Wish, expected: readonly unknown[]][] = [
    [{}, [of(undefined, undefined)]],
    [{ ranges: [] }, [of(undefined, undefined)]],
    [
      { ranges: ['198.51.100.7/24', '2001:DB8:1::/48', ' 203.0.113.000/025 ', '198.51.100.0/24'] },
      [of(['198.51.100.0/24', '203.0.113.0/25'], ['2001:db8:1::/48'])],
    ],
    [{ ranges: ['198.51.100.0/24'] }, [of(['198.51.100.0/24'], []), closed('2001:db8::9', 'IPv6')]],
    [{ ranges: ['2001:db8::/32'] }, [of([], ['2001:db8::/32']), closed('192.0.2.9', 'IPv4')]],
    [{ ranges: ['0.0.0.0/0'] }, [of(undefined, undefined)]],
    [{ ranges: ['0.0.0.0/0', '2001:db8::/32'] }, [of(undefined, ['2001:db8::/32'])]],
    [{ ranges: ['198.51.100.0/24', '::/0'] }, [of(['198.51.100.0/24'], undefined)]],
    [{ annotation: '198.51.100.0/24, 2001:db8::/32' }, [of(['198.51.100.0/24'], ['2001:db8::/32'])]],
    [{ annotation: ' ' }, [of(undefined, undefined)]],
    [
      { annotation: '203.0.113.0/24', ranges: ['198.51.100.0/24', '2001:db8::/32'] },
      [of(['198.51.100.0/24'], ['2001:db8::/32'])],
    ],
  ];
  for (const [wish, expected] of table) {
    t.same(told({ ...wish, ingress: both }), expected, JSON.stringify(wish));
  }
  t.same(told({ ranges: ['198.51.100.0/24'] }), [{}], 'without an address there is nothing to close');
  t.same(told({ ranges: ['198.51.100.0/24'], ingress: both, served: ['IPv4'] }), [
    { IPv4: { loadBalancerIPs: ['192.0.2.9'], sourceRanges: ['198.51.100.0/24'] } },
  ]);
});

t.test('a wrong value is named with its field and left out alone', async (t) => {
  const good = { IPv4: { loadBalancerIPs: ['192.0.2.9'] } };
  const [v4] = both;
  const table: readonly [wish: Wish, expected: readonly unknown[]][] = [
    [{ externalIPs: '192.0.2.1' }, [{}, 'spec.externalIPs: is "192.0.2.1", not a list']],
    [
      { externalIPs: ['192.0.2.300', '192.0.2.1', 7, '224.0.0.1'] },
      [
        { IPv4: { externalIPs: ['192.0.2.1'] } },
        'spec.externalIPs[0]: "192.0.2.300" is not an IP address',
        'spec.externalIPs[2]: 7 is not an IP address',
        'spec.externalIPs[3]: "224.0.0.1" is a multicast address',
      ],
    ],
    [
      { externalIPs: ['2001:db8::1', '192.0.2.1'], served: ['IPv4'] },
      [
        { IPv4: { externalIPs: ['192.0.2.1'] } },
        'spec.externalIPs[0]: is IPv6, and the Service has no clusterIP of that family: not served',
      ],
    ],
    [{ ingress: 'none' }, [{}, 'status.loadBalancer.ingress: is "none", not a list']],
    [
      { ingress: [{ ip: 'lb' }, v4, null] },
      [good, 'status.loadBalancer.ingress[0].ip: "lb" is not an IP address'],
    ],
    [
      { ingress: [{ ip: '192.0.2.1', ipMode: 'vip' }, v4] },
      [good, 'status.loadBalancer.ingress[0].ipMode: "vip" is not VIP or Proxy: 192.0.2.1 is not served'],
    ],
    [
      { ingress: [v4], ranges: ['198.51.100.0/24', '198.51.100.1', 5] },
      [
        { IPv4: { loadBalancerIPs: ['192.0.2.9'], sourceRanges: ['198.51.100.0/24'] } },
        'spec.loadBalancerSourceRanges[1]: "198.51.100.1" is not a range of addresses such as 192.0.2.0/24',
        'spec.loadBalancerSourceRanges[2]: 5 is not a range of addresses such as 192.0.2.0/24',
      ],
    ],
    [
      { ingress: [v4], ranges: ['everybody'] },
      [
        { IPv4: { loadBalancerIPs: ['192.0.2.9'], sourceRanges: [] } },
        'spec.loadBalancerSourceRanges[0]: "everybody" is not a range of addresses such as 192.0.2.0/24',
        'spec.loadBalancerSourceRanges: 192.0.2.9 is closed to everybody: none of the ranges is IPv4',
      ],
    ],
    [
      { ingress: [v4], ranges: '198.51.100.0/24' },
      [
        { IPv4: { loadBalancerIPs: ['192.0.2.9'], sourceRanges: [] } },
        'spec.loadBalancerSourceRanges: is "198.51.100.0/24", not a list',
        'spec.loadBalancerSourceRanges: 192.0.2.9 is closed to everybody: none of the ranges is IPv4',
      ],
    ],
    [
      { ingress: [v4], annotation: '198.51.100.0/24,x' },
      [
        { IPv4: { loadBalancerIPs: ['192.0.2.9'], sourceRanges: ['198.51.100.0/24'] } },
        'metadata.annotations[service.beta.kubernetes.io/load-balancer-source-ranges]: "x" is not a range of addresses such as 192.0.2.0/24',
      ],
    ],
  ];
  for (const [wish, expected] of table) t.same(told(wish), expected, JSON.stringify(wish));
});

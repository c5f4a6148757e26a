// What a configuration means to the program.
import t from 'tap';
import { configOptions, conntrackOptions } from '../../../lib/cli/config/config-options.js';
import { withValue } from '../../../lib/cli/config/field-path.js';
import { defaultConfig, type KubeProxyConfiguration } from '../../../lib/cli/config/schema.js';

function configWith(values: Readonly<Record<string, unknown>>): KubeProxyConfiguration {
  return Object.entries(values).reduce(
    (config, [path, value]) => withValue(config, path, value),
    defaultConfig(),
  );
}

t.test(
  'pods are told by CIDRs, by the Node’s own CIDRs, by a bridge, or by how interfaces are named',
  async (t) => {
    const table: readonly [Readonly<Record<string, unknown>>, unknown][] = [
      [{}, { kind: 'none' }],
      [
        { clusterCIDR: '10.244.1.2/16,fd00::1/64' },
        { kind: 'cidrs', cidrs: { IPv4: ['10.244.0.0/16'], IPv6: ['fd00::/64'] } },
      ],
      [{ detectLocalMode: 'NodeCIDR', clusterCIDR: '10.0.0.0/8' }, { kind: 'node-cidrs' }],
      [
        { detectLocalMode: 'BridgeInterface', 'detectLocal.bridgeInterface': 'cni0' },
        { kind: 'interface', match: 'cni0' },
      ],
      [
        { detectLocalMode: 'InterfaceNamePrefix', 'detectLocal.interfaceNamePrefix': 'cali' },
        { kind: 'interface', match: 'cali+' },
      ],
      [
        { detectLocalMode: 'InterfaceNamePrefix', 'detectLocal.interfaceNamePrefix': 'a23456789012345' },
        { kind: 'interface', match: 'a23456789012345' },
      ],
    ];
    for (const [values, expected] of table) {
      t.same(configOptions(configWith(values)).detectLocal, expected, JSON.stringify(values));
    }
  },
);

t.test('NodePorts answer on all addresses, some, or the main ones, as in kube-proxy', async (t) => {
  const table: readonly [Readonly<Record<string, unknown>>, unknown][] = [
    [{}, 'all'],
    [{ nodePortAddresses: ['primary'] }, 'primary'],
    [{ nodePortAddresses: ['10.1.2.3/8'] }, { IPv4: ['10.0.0.0/8'], IPv6: ['::/0'] }],
    [{ nodePortAddresses: ['fd00::/8', '::1/128'] }, { IPv4: ['0.0.0.0/0'], IPv6: ['fd00::/8', '::1/128'] }],
    [{ mode: 'nftables' }, 'primary'],
    [
      { mode: 'nftables', nodePortAddresses: ['0.0.0.0/0'] },
      { IPv4: ['0.0.0.0/0'], IPv6: ['::/0'] },
    ],
  ];
  for (const [values, expected] of table) {
    t.same(configOptions(configWith(values)).nodePortAddresses, expected, JSON.stringify(values));
  }
});

t.test('the sync periods are those of the mode', async (t) => {
  const values = { 'iptables.syncPeriod': '10s', 'ipvs.syncPeriod': '20s', 'nftables.minSyncPeriod': '5s' };
  t.match(configOptions(configWith(values)), { syncPeriodMs: 10_000, minSyncPeriodMs: 100 });
  t.match(configOptions(configWith({ ...values, mode: 'ipvs' })), { syncPeriodMs: 20_000 });
  t.match(configOptions(configWith({ ...values, mode: 'nftables' })), { minSyncPeriodMs: 5000 });
});

t.test('a node’s address is one; all addresses are none', async (t) => {
  for (const [bindAddress, nodeIp] of [
    ['0.0.0.0', undefined],
    ['::', undefined],
    ['0:0::0', undefined],
    ['FD00::1', 'fd00::1'],
    ['10.0.0.9', '10.0.0.9'],
  ] as const) {
    t.equal(configOptions(configWith({ bindAddress })).nodeIp, nodeIp, bindAddress);
  }
});

t.test('conntrack’s times are whole seconds, however long', async (t) => {
  const config = configWith({
    'conntrack.tcpEstablishedTimeout': '5000h0m0s',
    'conntrack.udpTimeout': '1.9s',
    'conntrack.tcpBeLiberal': true,
  });
  t.match(conntrackOptions(config), {
    tcpEstablishedTimeoutSeconds: 18_000_000,
    udpTimeoutSeconds: 1,
    tcpBeLiberal: true,
  });
  t.equal(configOptions(config).dropInvalid, false);
});

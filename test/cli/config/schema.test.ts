// The defaults of the whole configuration, as text, and what counts as not set.
import t from 'tap';
import { configSchema, defaultConfig } from '../../../lib/cli/config/schema.js';

t.test('the defaults are kube-proxy’s, but for three: mode, minSyncPeriod and udpIdleTimeout', async (t) => {
  const syncPeriods = { syncPeriod: '30s', minSyncPeriod: '100ms' };
  const masquerade = { masqueradeBit: 14, masqueradeAll: false };
  t.same(defaultConfig(), {
    apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
    kind: 'KubeProxyConfiguration',
    featureGates: {},
    clientConnection: {
      kubeconfig: '',
      acceptContentTypes: '',
      contentType: 'application/vnd.kubernetes.protobuf',
      qps: 5,
      burst: 10,
    },
    logging: {
      format: '',
      flushFrequency: '5s',
      verbosity: 0,
      vmodule: [],
      options: {
        text: { splitStream: false, infoBufferSize: '0' },
        json: { splitStream: false, infoBufferSize: '0' },
      },
    },
    hostnameOverride: '',
    bindAddress: '0.0.0.0',
    healthzBindAddress: '0.0.0.0:10256',
    metricsBindAddress: '127.0.0.1:10249',
    bindAddressHardFail: false,
    enableProfiling: false,
    showHiddenMetricsForVersion: '',
    mode: 'userspace',
    iptables: { ...masquerade, localhostNodePorts: true, ...syncPeriods },
    ipvs: {
      ...syncPeriods,
      scheduler: '',
      excludeCIDRs: [],
      strictARP: false,
      tcpTimeout: '0s',
      tcpFinTimeout: '0s',
      udpTimeout: '0s',
    },
    nftables: { ...masquerade, ...syncPeriods },
    winkernel: {
      networkName: '',
      sourceVip: '',
      enableDSR: false,
      rootHnsEndpointName: '',
      forwardHealthCheckVip: false,
    },
    detectLocalMode: 'ClusterCIDR',
    detectLocal: { bridgeInterface: '', interfaceNamePrefix: '' },
    clusterCIDR: '',
    nodePortAddresses: [],
    oomScoreAdj: -999,
    conntrack: {
      maxPerCore: 32_768,
      min: 131_072,
      tcpEstablishedTimeout: '24h0m0s',
      tcpCloseWaitTimeout: '1h0m0s',
      tcpBeLiberal: false,
      udpTimeout: '0s',
      udpStreamTimeout: '0s',
    },
    configSyncPeriod: '15m0s',
    portRange: '',
    udpIdleTimeout: '30s',
    windowsRunAsService: false,
  });
});

t.test('on an IPv6 address the servers are by default on IPv6 too', async (t) => {
  t.match(defaultConfig('fd00::1'), {
    healthzBindAddress: '[::]:10256',
    metricsBindAddress: '[::1]:10249',
  });
});

t.test('a zero is not set, as in Go, but for the fields that are pointers there', async (t) => {
  const zeros = configSchema.parse({
    bindAddress: '',
    mode: '',
    clientConnection: { qps: 0, burst: 0, contentType: '' },
    configSyncPeriod: '0s',
    udpIdleTimeout: '0m0s',
    iptables: { syncPeriod: '0s', masqueradeBit: null, localhostNodePorts: null },
    logging: { flushFrequency: 0 },
    conntrack: null,
  });
  t.match(zeros, {
    bindAddress: '0.0.0.0',
    mode: 'userspace',
    clientConnection: { qps: 5, burst: 10, contentType: 'application/vnd.kubernetes.protobuf' },
    configSyncPeriod: '15m0s',
    udpIdleTimeout: '30s',
    iptables: { syncPeriod: '30s', masqueradeBit: 14, localhostNodePorts: true },
    logging: { flushFrequency: '5s' },
    conntrack: { min: 131_072 },
  });
  const pointers = {
    oomScoreAdj: 0,
    iptables: { masqueradeBit: 0, localhostNodePorts: false },
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: '0s', tcpCloseWaitTimeout: '0s' },
  };
  t.match(configSchema.parse(pointers), pointers);
});

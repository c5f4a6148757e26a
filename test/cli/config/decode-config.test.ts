// A configuration file's text to its value, and every way in which it can be wrong, with file, line and column.
import { readFileSync } from 'node:fs';
import t from 'tap';
import { decodeConfig } from '../../../lib/cli/config/decode-config.js';
import { fieldRules } from '../../../lib/cli/config/field-rules.js';
import { defaultConfig } from '../../../lib/cli/config/schema.js';

const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';

function decode(body: string, strict = false) {
  return decodeConfig({ path: 'c.yaml', text: `${head}${body}` }, { strict });
}

/** By field: a wrong value as YAML, and what is said of it. */
const wrong: Readonly<Record<string, readonly [yaml: string, message: RegExp]>> = {
  featureGates: ['A=true', /expected a mapping, got "A=true"/],
  'clientConnection.kubeconfig': ['7', /expected a string, got 7/],
  'clientConnection.acceptContentTypes': ['[a]', /expected a string, got a list/],
  'clientConnection.contentType': ['{}', /expected a string, got an object/],
  'clientConnection.qps': ['many', /expected a number, got "many"/],
  'clientConnection.burst': ['-1', /0 or more, got -1/],
  'logging.format': ['xml', /one of "text", "json"/],
  'logging.flushFrequency': ['often', /duration/],
  'logging.verbosity': ['loud', /whole number/],
  'logging.vmodule': ['a=1', /expected a list/],
  'logging.options.text.splitStream': ['1', /true or false, got 1/],
  'logging.options.text.infoBufferSize': ['big', /amount/],
  'logging.options.json.splitStream': ['"true"', /true or false, got "true"/],
  'logging.options.json.infoBufferSize': ['[]', /amount/],
  hostnameOverride: ['5', /expected a string/],
  bindAddress: ['10.10.12.11:2000', /expected an IP address, got "10\.10\.12\.11:2000"/],
  healthzBindAddress: ['localhost:10256', /IP address and a port.*got "localhost:10256"/],
  metricsBindAddress: ['127.0.0.1:70000', /IP address and a port/],
  bindAddressHardFail: ['maybe', /true or false/],
  enableProfiling: ['2', /true or false/],
  showHiddenMetricsForVersion: ['latest', /version such as 1\.35/],
  mode: ['kernelspace', /one of "userspace", "iptables", "ipvs", "nftables"/],
  'iptables.masqueradeBit': ['32', /from 0 to 31, got 32/],
  'iptables.masqueradeAll': ['"no"', /true or false/],
  'iptables.localhostNodePorts': ['0', /true or false/],
  'iptables.syncPeriod': ['-1s', /must not be negative.*got "-1s"/],
  'iptables.minSyncPeriod': ['-1s', /must not be negative/],
  'ipvs.syncPeriod': ['30', /expected a duration such as 30s, got 30/],
  'ipvs.minSyncPeriod': ['soon', /duration/],
  'ipvs.scheduler': ['1', /expected a string/],
  'ipvs.excludeCIDRs': ['10.0.0.0/8', /expected a list/],
  'ipvs.strictARP': ['strict', /true or false/],
  'ipvs.tcpTimeout': ['-5s', /must not be negative/],
  'ipvs.tcpFinTimeout': ['5 s', /duration/],
  'ipvs.udpTimeout': ['{}', /duration/],
  'nftables.masqueradeBit': ['-1', /from 0 to 31/],
  'nftables.masqueradeAll': ['1', /true or false/],
  'nftables.syncPeriod': ['1d', /duration/],
  'nftables.minSyncPeriod': ['[]', /duration/],
  'winkernel.networkName': ['1', /expected a string/],
  'winkernel.sourceVip': ['1', /expected a string/],
  'winkernel.enableDSR': ['1', /true or false/],
  'winkernel.rootHnsEndpointName': ['1', /expected a string/],
  'winkernel.forwardHealthCheckVip': ['1', /true or false/],
  detectLocalMode: ['Guess', /one of "ClusterCIDR", "NodeCIDR"/],
  'detectLocal.bridgeInterface': ['"a/b"', /name of a network interface/],
  'detectLocal.interfaceNamePrefix': ['sixteen-letters-', /at most 15/],
  clusterCIDR: ['192.168.59.0/24,10.0.0.0/16', /one of each family/],
  nodePortAddresses: ['[primary, 10.0.0.0/8]', /not both/],
  oomScoreAdj: ['-1001', /from -1000 to 1000, got -1001/],
  'conntrack.maxPerCore': ['-1', /0 or more/],
  'conntrack.min': ['1.5', /whole number/],
  'conntrack.tcpEstablishedTimeout': ['-1s', /must not be negative/],
  'conntrack.tcpCloseWaitTimeout': ['60', /duration/],
  'conntrack.tcpBeLiberal': ['very', /true or false/],
  'conntrack.udpTimeout': ['-1s', /must not be negative/],
  'conntrack.udpStreamTimeout': ['x', /duration/],
  configSyncPeriod: ['-1s', /must not be negative/],
  portRange: ['2000-300', /ends before it starts/],
  udpIdleTimeout: ['-250ms', /must not be negative/],
  windowsRunAsService: ['1', /true or false/],
};

t.test('a wrong value of each field is told with its place, its name and what was expected', async (t) => {
  t.same(Object.keys(wrong), Object.keys(fieldRules), 'each field is in the table');
  for (const [field, [yaml, message]] of Object.entries(wrong)) {
    const names = field.split('.');
    const body = names.map((name, depth) => `${'  '.repeat(depth)}${name}:`).join('\n');
    const line = 2 + names.length;
    const column = (names.length - 1) * 2 + (names.at(-1) ?? '').length + 3;
    const expected = new RegExp(`^c\\.yaml:${line}:${column}: ${field}: `);
    t.throws(() => decode(`${body} ${yaml}\n`), { name: 'ConfigError', message: expected }, field);
    t.throws(() => decode(`${body} ${yaml}\n`), { message }, field);
  }
});

t.test('an item of a list is named by its index, where it stands', async (t) => {
  t.throws(() => decode('nodePortAddresses:\n  - 10.0.0.0/8\n  - x\n'), {
    message: /^c\.yaml:5:5: nodePortAddresses\[1\]: expected a CIDR .*, got "x"$/,
  });
  t.throws(() => decode('logging:\n  vmodule:\n  - {filePattern: a, verbosity: b}\n'), {
    message: /^c\.yaml:5:33: logging\.vmodule\[0\]\.verbosity: /,
  });
  t.throws(() => decode('conntrack: 5\n'), { message: 'c.yaml:3:12: conntrack: expected a mapping, got 5' });
});

t.test('all that is wrong is told at once, up to ten', async (t) => {
  t.throws(() => decode('mode: x\nconntrack: {min: -1, maxPerCore: x}\n'), {
    message: /^(c\.yaml.*\n){2}c\.yaml.*$/,
  });
  const lines = Array.from({ length: 12 }, () => '  - x').join('\n');
  t.throws(() => decode(`nodePortAddresses:\n${lines}\n`), { message: /^(c\.yaml.*\n){10}and 2 more$/ });
});

t.test('another apiVersion or kind is refused with one message', async (t) => {
  const table: readonly [text: string, message: string][] = [
    ['', 'c.yaml:1:1: the file is empty: expected a KubeProxyConfiguration'],
    ['# nothing\n', 'c.yaml:1:1: the file is empty'],
    ['---\n', 'c.yaml:1:4: expected a KubeProxyConfiguration (a mapping), got nothing'],
    ['- a\n', 'c.yaml:1:1: expected a KubeProxyConfiguration (a mapping), got a list'],
    ['mode: x\n', 'c.yaml:1:1: apiVersion: expected "kubeproxy.config.k8s.io/v1alpha1", got nothing'],
    [
      'kind: KubeProxyConfiguration\napiVersion: v1\n',
      'c.yaml:2:13: apiVersion: expected "kubeproxy.config.k8s.io/v1alpha1", got "v1"',
    ],
    [
      'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: Service\n',
      'c.yaml:2:7: kind: expected "KubeProxyConfiguration", got "Service"',
    ],
    [
      `${head}---\n${head}`,
      'c.yaml:3:1: a second document begins here: expected one KubeProxyConfiguration and nothing else',
    ],
    [`${head}mode: [a\n`, 'c.yaml:4:1: '],
    [`${head}mode: *a\n`, 'c.yaml:1:1: '],
    [`${head}\tmode: a\n`, 'c.yaml:'],
  ];
  for (const [text, message] of table) {
    t.throws(
      () => decodeConfig({ path: 'c.yaml', text }, { strict: false }),
      { name: 'ConfigError', message: new RegExp(`^${escaped(message)}`) },
      text,
    );
  }
});

function escaped(text: string): string {
  return text.replaceAll(/[.()[\]{}*+?^$|\\]/g, '\\$&');
}

t.test('unknown and duplicate fields are left out and told; in strict mode they are errors', async (t) => {
  const body =
    'clusterCidr: 10.0.0.0/8\nconntrack:\n  min: 1\n  max: 2\n  min: 3\nresourceContainer: /kube-proxy\n';
  const { config, doubts } = decode(body);
  t.equal(config.conntrack.min, 3);
  t.equal(config.clusterCIDR, '');
  t.same(doubts, [
    { about: 'c.yaml:7:3 min', text: 'the field is there twice; the last one counts' },
    { about: 'c.yaml:6:8 conntrack.max', text: 'unknown field; it is left out' },
    {
      about: 'c.yaml:3:14 clusterCidr',
      text: 'unknown field (did you mean clusterCIDR?); it is left out',
    },
    { about: 'c.yaml:8:20 resourceContainer', text: 'unknown field; it is left out' },
  ]);
  t.throws(() => decode(body, true), {
    name: 'ConfigError',
    message: /^c\.yaml:7:3 min: the field is there twice.*\nc\.yaml:6:8 conntrack\.max: unknown field/,
  });
  t.same(decode('mode: userspace\n', true).doubts, []);
});

t.test('beside an unknown field, a wrong value is still an error', async (t) => {
  t.throws(() => decode('max: 1\nmode: x\n'), { message: /^c\.yaml:4:7: mode: [^\n]*$/ });
});

t.test('JSON is read, and YAML as Go reads it: yes is true, and << merges', async (t) => {
  const json = JSON.stringify({ ...defaultConfig(), oomScoreAdj: 1 });
  t.match(decodeConfig({ path: 'c', text: json }, { strict: true }).config, { oomScoreAdj: 1 });
  t.match(
    decode('iptables: &a {syncPeriod: 9s, masqueradeAll: yes}\nnftables: {<<: *a, minSyncPeriod: 1s}\n')
      .config,
    {
      iptables: { masqueradeAll: true },
      nftables: { syncPeriod: '9s', minSyncPeriod: '1s' },
    },
  );
});

t.test('an empty server’s address means the default of bindAddress’ family', async (t) => {
  t.match(decode('bindAddress: "::"\nmetricsBindAddress: ""\n').config, {
    healthzBindAddress: '[::]:10256',
    metricsBindAddress: '[::1]:10249',
  });
  t.match(decode('healthzBindAddress: 10.0.0.1\n').config, { healthzBindAddress: '10.0.0.1:10256' });
});

t.test('the file that kubeadm writes is read without a doubt', async (t) => {
  const text = readFileSync('test/cli/config/fixtures/kubeadm.yaml', 'utf8');
  const { config, doubts } = decodeConfig({ path: 'c', text }, { strict: true });
  t.same(doubts, []);
  t.same(config, {
    ...defaultConfig(),
    clusterCIDR: '10.244.0.0/16',
    clientConnection: {
      ...defaultConfig().clientConnection,
      kubeconfig: '/var/lib/kube-proxy/kubeconfig.conf',
    },
  });
});

t.test('a line of dashes before the document or after it does no harm', async (t) => {
  const text = `---\n${head}mode: ipvs\n---\n`;
  t.equal(decodeConfig({ path: 'c.yaml', text }, { strict: true }).config.mode, 'ipvs');
});

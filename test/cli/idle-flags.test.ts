// Flags that are accepted and do nothing: each says why, once, when it asks for something.
import t from 'tap';
import { parseCommandLine } from '../../lib/cli/commands.js';
import { fieldRules } from '../../lib/cli/config/field-rules.js';
import { idleConfigFlags, idleFlags } from '../../lib/cli/idle-flags.js';

const context = { env: {}, isTerminal: false, hasServiceAccountToken: false, readConfigFile: () => '' };

function noticesOf(...argv: readonly string[]) {
  const invocation = parseCommandLine(['--manifests=/m', ...argv], context);
  t.equal(invocation.command, 'run', argv.join(' '));
  return invocation.command === 'run' ? invocation.options.notices : [];
}

/** By flag: something other than the default. */
const asks: Readonly<Record<string, string>> = {
  'feature-gates': 'A=true,B=false',
  'kube-api-content-type': 'application/json',
  'kube-api-qps': '50',
  'kube-api-burst': '100',
  profiling: 'true',
  'show-hidden-metrics-for-version': '1.35',
  'iptables-masquerade-bit': '15',
  'masquerade-all': 'true',
  'ipvs-scheduler': 'lc',
  'ipvs-exclude-cidrs': '10.0.0.0/8',
  'ipvs-strict-arp': 'true',
  'ipvs-tcp-timeout': '5s',
  'ipvs-tcpfin-timeout': '5s',
  'ipvs-udp-timeout': '5s',
  'config-sync-period': '1m',
  'log-flush-frequency': '1s',
  'log-text-split-stream': 'true',
  'log-text-info-buffer-size': '2Ki',
  'log-json-split-stream': 'true',
  'log-json-info-buffer-size': '1',
  'network-name': 'n',
  'source-vip': '10.0.0.1',
  'enable-dsr': 'true',
  'root-hnsendpoint-name': 'n',
  'forward-healthcheck-vip': 'true',
  'windows-service': 'true',
};

t.test('each stands for a field without effect, and gives its reason', async (t) => {
  t.same(
    Object.keys(asks),
    idleConfigFlags.map(({ name }) => name),
  );
  for (const { name, fields, meaning } of idleConfigFlags) {
    t.ok('noEffect' in (fieldRules[fields[0]] ?? {}), name);
    t.match(meaning, /^No effect: .{10,}\.$/, name);
    const notices = noticesOf(`--${name}=${asks[name]}`);
    t.match(notices, [{ about: `--${name}`, text: /^no effect here: .{10,}[^.]$/ }], name);
    t.equal(notices.length, 1, name);
  }
});

t.test('asking for the default is no reason to warn', async (t) => {
  const argv = [
    '--masquerade-all=false',
    '--iptables-masquerade-bit=14',
    '--config-sync-period=15m',
    '--kube-api-qps=5',
  ];
  t.same(noticesOf(...argv), []);
});

t.test('flags of old that stand for no field are answered too', async (t) => {
  for (const { name, kind, why } of idleFlags) {
    const value = kind.placeholder === 'boolean' ? 'true' : 'x';
    t.same(noticesOf(`--${name}=${value}`), [{ about: `--${name}`, text: `no effect here: ${why}` }]);
  }
  t.match(noticesOf('--log_dir=/var/log'), [{ about: '--log-dir' }], 'with an underscore too');
});

t.test('a field that is used under other circumstances says under which', async (t) => {
  t.match(noticesOf('--pod-bridge-interface=br0'), [
    {
      about: '--pod-bridge-interface',
      text: 'no effect here: detectLocalMode is ClusterCIDR, not BridgeInterface',
    },
  ]);
  t.match(noticesOf('--ipvs-sync-period=1m'), [{ about: '--ipvs-sync-period', text: /iptables\.\* counts/ }]);
  t.match(noticesOf('--detect-local-mode=NodeCIDR', '--cluster-cidr=10.0.0.0/8'), [
    { about: '--cluster-cidr' },
  ]);
});

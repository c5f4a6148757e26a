// One configuration from defaults, a file and flags, and what there is to say about it.
import t from 'tap';
import { defaultConfig } from '../../lib/cli/config/schema.js';
import { configFlags } from '../../lib/cli/config-flags.js';
import { effectiveConfig } from '../../lib/cli/effective-config.js';
import type { Flag } from '../../lib/cli/flag.js';

const head = 'apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n';

function effective(typed: Readonly<Record<string, string>>, body?: string, strict = false) {
  const flags = new Map<Flag, unknown>();
  for (const flag of configFlags) {
    const text = typed[flag.name];
    if (text !== undefined) flags.set(flag, flag.kind.parse(text));
  }
  const file = body === undefined ? undefined : { path: 'c.yaml', text: `${head}${body}` };
  return effectiveConfig({ flags, file, strict });
}

t.test('without flags and a file it is the defaults, and nothing to say', async (t) => {
  const { config, notices, isGiven } = effective({});
  t.same(config, defaultConfig());
  t.same(notices, []);
  t.notOk(isGiven('conntrack'));
});

t.test('a flag for a field below a section is one for the section', async (t) => {
  const { isGiven } = effective({ 'conntrack-min': '5' });
  t.ok(isGiven('conntrack'));
  t.ok(isGiven('conntrack.min'));
  t.notOk(isGiven('conntrack.maxPerCore'));
  t.notOk(isGiven('oomScoreAdj'));
  t.ok(effective({}, '').isGiven('oomScoreAdj'), 'a file gives everything');
});

t.test('each other mode is one warning that says what differs, or an error in strict mode', async (t) => {
  for (const mode of ['iptables', 'ipvs', 'nftables']) {
    const byFlag = effective({ 'proxy-mode': mode });
    t.match(byFlag.notices, [
      { about: '--proxy-mode', text: new RegExp(`^proxy mode ${mode} runs in userspace`) },
    ]);
    const byFile = effective({}, `mode: ${mode}\n`);
    t.match(byFile.notices, [{ about: 'c.yaml:3:7 mode' }]);
    t.same([byFlag.notices.length, byFile.notices.length], [1, 1], mode);
    t.throws(() => effective({ 'proxy-mode': mode }, undefined, true), {
      name: 'UsageError',
      message: /--proxy-mode/,
    });
    t.throws(() => effective({}, `mode: ${mode}\n`, true), {
      name: 'ConfigError',
      message: /^c\.yaml:3:7 mode: proxy mode .* only userspace is allowed/,
    });
  }
  for (const mode of ['', 'userspace'])
    t.same(effective({ 'proxy-mode': mode }, undefined, true).notices, []);
});

t.test('fields of a file that ask for something and get nothing are named with their place', async (t) => {
  const body =
    'iptables:\n  masqueradeAll: true\n  masqueradeBit: 14\nfeatureGates: {A: true}\nclusterCIDR: 10.0.0.0/8\n';
  t.match(effective({}, body).notices, [
    { about: 'c.yaml:6:15 featureGates', text: /^no effect here: kube-proxy's feature gates/ },
    { about: 'c.yaml:4:18 iptables.masqueradeAll', text: /nothing is masqueraded/ },
  ]);
});

t.test('what contradicts itself is the error of who wrote it', async (t) => {
  t.throws(() => effective({}, 'iptables: {minSyncPeriod: 1m}\n'), {
    name: 'ConfigError',
    message:
      /^c\.yaml:3:27 iptables\.minSyncPeriod: .*\(1m0s\) must not be longer than the sync period \(30s\)$/,
  });
  t.throws(() => effective({ 'sync-period': '1s' }, 'iptables: {minSyncPeriod: 2s}\n'), {
    name: 'UsageError',
    message: /^--sync-period: .*\(2s\) must not be longer than the sync period \(1s\)$/,
  });
});

t.test('doubts about the file come along, and are errors in strict mode', async (t) => {
  t.match(effective({}, 'resourceContainer: x\n').notices, [
    { about: 'c.yaml:3:20 resourceContainer', text: /unknown field/ },
  ]);
  t.throws(() => effective({}, 'resourceContainer: x\n', true), { name: 'ConfigError' });
});

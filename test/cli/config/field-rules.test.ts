// The table of what each field does is complete, and says why where a field does nothing.
import t from 'tap';
import { withValue } from '../../../lib/cli/config/field-path.js';
import { fieldRules, syncSectionOf, whyUnused } from '../../../lib/cli/config/field-rules.js';
import { defaultConfig } from '../../../lib/cli/config/schema.js';

const config = defaultConfig();

function pathsIn(value: unknown, path = ''): readonly string[] {
  const isLeaf =
    typeof value !== 'object' || value === null || Array.isArray(value) || path === 'featureGates';
  if (isLeaf) return [path];
  return Object.entries(value).flatMap(([name, inner]) =>
    pathsIn(inner, path === '' ? name : `${path}.${name}`),
  );
}

t.test('every field has its rule, and every rule its field', async (t) => {
  const fields = pathsIn(config).filter((path) => path !== 'apiVersion' && path !== 'kind');
  t.same(Object.keys(fieldRules).sort(), [...fields].sort());
});

t.test('reasons are the rest of a sentence', async (t) => {
  for (const [field, rule] of Object.entries(fieldRules)) {
    if ('noEffect' in rule) t.match(rule.noEffect, /^[a-zIA-Z'].*[^.]$/, field);
  }
});

t.test('the sync periods that count are those of the mode', async (t) => {
  const modes = [
    ['userspace', 'iptables'],
    ['', 'iptables'],
    ['iptables', 'iptables'],
    ['ipvs', 'ipvs'],
    ['nftables', 'nftables'],
  ] as const;
  for (const [mode, section] of modes) {
    const inMode = withValue(config, 'mode', mode);
    t.equal(syncSectionOf(inMode), section, mode);
    for (const other of ['iptables', 'ipvs', 'nftables']) {
      const why = whyUnused(`${other}.syncPeriod`, inMode);
      if (other === section) t.equal(why, undefined, mode);
      else t.match(why, `${section}.* counts`, mode);
    }
  }
});

t.test('the fields to detect pods by are used in their own mode only', async (t) => {
  t.equal(whyUnused('clusterCIDR', config), undefined);
  t.equal(
    whyUnused('detectLocal.bridgeInterface', config),
    'detectLocalMode is ClusterCIDR, not BridgeInterface',
  );
  const bridge = withValue(config, 'detectLocalMode', 'BridgeInterface');
  t.equal(whyUnused('detectLocal.bridgeInterface', bridge), undefined);
  t.match(whyUnused('clusterCIDR', bridge), /detectLocalMode is BridgeInterface/);
});

t.test('without a limit per core the least of it is not used', async (t) => {
  t.equal(whyUnused('conntrack.min', config), undefined);
  t.match(whyUnused('conntrack.min', withValue(config, 'conntrack.maxPerCore', 0)), /left as it is/);
  t.equal(whyUnused('no.such.field', config), undefined);
});

// What fields say together.
import t from 'tap';
import { conflictsIn } from '../../../lib/cli/config/conflicts.js';
import { withValue } from '../../../lib/cli/config/field-path.js';
import { defaultConfig } from '../../../lib/cli/config/schema.js';

const config = defaultConfig();

t.test('the defaults do not contradict each other', async (t) => {
  t.same(conflictsIn(config), []);
});

t.test(
  'the least time between syncs must fit into the sync period, of the section that counts',
  async (t) => {
    const ipvs = withValue(config, 'ipvs.minSyncPeriod', '31s');
    t.same(conflictsIn(ipvs), []);
    t.match(conflictsIn(withValue(ipvs, 'mode', 'ipvs')), [
      {
        fields: ['ipvs.minSyncPeriod', 'ipvs.syncPeriod'],
        message: /\(31s\) must not be longer than the sync period \(30s\)/,
      },
    ]);
  },
);

t.test('a mode that detects pods by an interface needs its name', async (t) => {
  for (const [mode, field] of [
    ['BridgeInterface', 'detectLocal.bridgeInterface'],
    ['InterfaceNamePrefix', 'detectLocal.interfaceNamePrefix'],
  ] as const) {
    const chosen = withValue(config, 'detectLocalMode', mode);
    t.match(conflictsIn(chosen), [
      { fields: [field, 'detectLocalMode'], message: new RegExp(`${mode} needs ${field} `) },
    ]);
    t.same(conflictsIn(withValue(chosen, field, 'br0')), []);
  }
});

t.test('NodePorts answer on the primary address or by CIDRs', async (t) => {
  t.match(conflictsIn(withValue(config, 'nodePortAddresses', ['primary', '10.0.0.0/8'])), [
    { fields: ['nodePortAddresses'], message: /not both/ },
  ]);
  t.same(conflictsIn(withValue(config, 'nodePortAddresses', ['primary'])), []);
});

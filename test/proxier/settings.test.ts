// A change of settings: what says the same is the same object.
import t from 'tap';
import { changedSettings, type ProxierSettings } from '../../lib/proxier/settings.js';

const before: ProxierSettings = {
  nodePortAddresses: { IPv4: ['10.0.0.0/8'], IPv6: ['::/0'] },
  localhostNodePorts: true,
  detectLocal: { kind: 'cidrs', cidrs: { IPv4: ['10.244.0.0/16'], IPv6: [] } },
  dropInvalid: true,
  minSyncPeriodMs: 100,
  syncPeriodMs: 30_000,
};
const copy: ProxierSettings = {
  ...before,
  nodePortAddresses: { IPv4: ['10.0.0.0/8'], IPv6: ['::/0'] },
  detectLocal: { kind: 'cidrs', cidrs: { IPv4: ['10.244.0.0/16'], IPv6: [] } },
};

t.test('the same settings once more', async (t) => {
  t.equal(changedSettings(before, copy), before);
});

t.test('each one alone, and what else the giver has is left out', async (t) => {
  for (const change of [
    { nodePortAddresses: 'all' },
    { localhostNodePorts: false },
    { detectLocal: { kind: 'none' } },
    { dropInvalid: false },
    { minSyncPeriodMs: 1 },
    { syncPeriodMs: 1 },
  ] as const) {
    const given = { ...copy, ...change, verbosity: 3 };
    const next = changedSettings(before, given);
    t.same(next, { ...before, ...change });
    if (!('detectLocal' in change)) t.equal(next.detectLocal, before.detectLocal);
    if (!('nodePortAddresses' in change)) t.equal(next.nodePortAddresses, before.nodePortAddresses);
  }
});

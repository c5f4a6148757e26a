// REDIRECT unless an interface stays without an address; then DNAT to the node's address, and back after a while.
import t from 'tap';
import type { HostNetworkState } from '../../lib/proxier/host-network.js';
import { steeringChooser } from '../../lib/proxier/steering.js';
import { fakeClock } from '../support/fake-clock.js';

const host = (without: readonly string[], address?: string): HostNetworkState => ({
  localAddresses: new Set(),
  nodeAddress: address === undefined ? {} : { IPv4: address },
  withoutAddress: { IPv4: without, IPv6: [] },
  kernelSctp: false,
});

t.test('an interface that lacks an address at start counts at once', async (t) => {
  const chooser = steeringChooser(fakeClock());
  t.same(chooser.choose(host(['cali1'], '192.0.2.1')), {
    IPv4: { kind: 'dnat', to: '192.0.2.1' },
    IPv6: { kind: 'redirect' },
  });
});

t.test('later ones count when they last; the answer is the same object while nothing changes', async (t) => {
  const clock = fakeClock();
  const chooser = steeringChooser(clock);
  const plain = chooser.choose(host([], '192.0.2.1'));
  t.equal(chooser.choose(host(['veth1'], '192.0.2.1')), plain);
  await clock.advance(500);
  t.equal(chooser.choose(host([], '192.0.2.1')), plain);
  chooser.choose(host(['cali1'], '192.0.2.1'));
  await clock.advance(1_000);
  const dnat = chooser.choose(host(['cali1'], '192.0.2.1'));
  t.equal(dnat.IPv4.kind, 'dnat');
  t.equal(chooser.choose(host(['cali1', 'cali2'], '192.0.2.1')), dnat);
  await clock.advance(30_000);
  t.equal(chooser.choose(host([], '192.0.2.1')), dnat, 'kept for a while');
  await clock.advance(31_000);
  t.equal(chooser.choose(host([], '192.0.2.1')).IPv4.kind, 'redirect');
});

t.test('the node address is followed; without one REDIRECT is what there is', async (t) => {
  const chooser = steeringChooser(fakeClock());
  chooser.choose(host(['cali1'], '192.0.2.1'));
  t.same(chooser.choose(host(['cali1'], '192.0.2.2')).IPv4, { kind: 'dnat', to: '192.0.2.2' });
  t.same(chooser.choose(host(['cali1'])).IPv4, { kind: 'redirect' });
});

// Endpoints reach the listeners; ServicePorts whose endpoints did not change are not even looked at.
import t from 'tap';
import type { UsableEndpoints } from '../../lib/model/endpoint.js';
import type { ServicePort } from '../../lib/model/service-port.js';
import { ListenerFeeder } from '../../lib/proxier/listener-feeder.js';
import { ListenerSet } from '../../lib/proxier/listener-set.js';
import { portAllocator } from '../../lib/proxier/port-allocator.js';
import { noReplyAddresses } from '../../lib/proxier/reply-addresses.js';
import { fakeWorld } from '../support/fake-edges.js';
import { usableOf } from '../support/held.js';
import { servicePort } from '../support/service-port.js';

t.test('looks at what changed, and at all when more than endpoints did', async (t) => {
  const looked: string[] = [];
  class Watched extends ListenerSet {
    override update(one: ServicePort, endpoints: UsableEndpoints, addresses: readonly string[]): void {
      looked.push(one.name.name);
      super.update(one, endpoints, addresses);
    }
  }
  const listeners = new Watched(fakeWorld().options.dataPlane, portAllocator(undefined));
  const feeder = new ListenerFeeder(listeners);
  const a = servicePort({ name: { name: 'a' } });
  const b = servicePort({ name: { name: 'b' } });
  const servicePorts = new Map([a, b].map((one) => [one.key, one]));
  const endpoints = new Map([[a.key, usableOf(['10.244.0.1'])]]);
  const lookedAt = () => looked.splice(0).join();

  feeder.feed(servicePorts, endpoints, noReplyAddresses);
  t.equal(lookedAt(), 'a,b');
  feeder.feed(servicePorts, endpoints, noReplyAddresses);
  t.equal(lookedAt(), '');
  const more = new Map(endpoints).set(b.key, usableOf(['10.244.0.2']));
  feeder.feed(servicePorts, more, noReplyAddresses);
  t.equal(lookedAt(), 'b');
  feeder.feed(servicePorts, new Map([[b.key, more.get(b.key) ?? usableOf([])]]), noReplyAddresses);
  t.equal(lookedAt(), 'a', 'it has none any more');
  feeder.feed(new Map(servicePorts), more, noReplyAddresses);
  t.equal(lookedAt(), 'a,b');
  feeder.feed(servicePorts, more, { IPv4: ['192.0.2.1'], IPv6: [] });
  t.equal(lookedAt(), 'a,b');
});

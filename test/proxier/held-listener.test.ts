// A listener hears of what changed for it, and of nothing else.
import t from 'tap';
import type { ListenerConfig } from '../../lib/proxier/data-plane.js';
import { type HeldListener, listenersIn, noListeners, updateHeld } from '../../lib/proxier/held-listener.js';
import { held, heldListener, usableOf } from '../support/held.js';
import { servicePort } from '../support/service-port.js';

function listening(role: 'Cluster' | 'Local') {
  const heard: ListenerConfig[] = [];
  const web = servicePort({ nodePort: 30_080, externalPolicy: 'Local' });
  const one = heldListener(web, role, 40_000);
  const listener: HeldListener = {
    ...one,
    listener: { ...one.listener, update: (config) => void heard.push(config) },
  };
  return { web, listener, heard: () => heard.splice(0) };
}

const noAddresses: readonly string[] = [];

t.test('its endpoints, and what becomes of its clients', async (t) => {
  const { web, listener, heard } = listening('Local');
  updateHeld(listener, web, usableOf(['10.244.1.1']), noAddresses);
  t.equal(listener.feed.disposition, 'drop');
  heard();
  const usable = usableOf(['10.244.0.1'], ['10.244.0.1']);
  updateHeld(listener, web, usable, noAddresses);
  updateHeld(listener, { ...web }, { ...usable }, noAddresses);
  t.match(heard(), [{ endpoints: [{ ip: '10.244.0.1' }] }]);
  t.equal(listener.feed.disposition, 'serve');
});

t.test('one that no portal leads to any more keeps what it had', async (t) => {
  const { listener, heard } = listening('Local');
  const now = servicePort({ nodePort: 30_080 });
  updateHeld(listener, now, usableOf(['10.244.0.1']), noAddresses);
  t.same(heard(), []);
  t.equal(listener.servicePort, now);
});

t.test('all of a ServicePort', async (t) => {
  const web = servicePort({ nodePort: 30_080 });
  t.same(listenersIn(noListeners), []);
  t.same(
    listenersIn(held(web, { Cluster: 40_000, nodePort: 30_080 })).map(({ role }) => role),
    ['Cluster', 'nodePort'],
  );
});

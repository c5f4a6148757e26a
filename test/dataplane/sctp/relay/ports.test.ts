import t from 'tap';
import { listenerBalancer } from '../../../../lib/balance/listener-balancer.js';
import { ProxyPorts } from '../../../../lib/dataplane/sctp/relay/ports.js';
import { RelayListener } from '../../../../lib/dataplane/sctp/relay/relay-listener.js';
import type { IpFamily } from '../../../../lib/model/ip.js';
import { pickMemory } from '../../native/pick-memory.js';

const listenerAt = (port: number, ipFamily: IpFamily = 'IPv4'): RelayListener =>
  new RelayListener(
    {
      id: 1,
      port,
      ipFamily,
      balancer: listenerBalancer({ setAsideMs: 0 }),
      counters: new Float64Array(64),
    },
    pickMemory(),
  );

t.test('a port is in use as long as somebody listens or an association needs it', async (t) => {
  const ports = new ProxyPorts();
  const [old, young] = [listenerAt(5000), listenerAt(5000)];
  ports.listen(old);
  t.throws(() => ports.listen(young), /has a listener already/);
  ports.addFlow(old);
  ports.close(old);
  t.match(ports.at(5000, true), { listener: undefined, flows: 1 });
  ports.listen(young);
  ports.close(old);
  t.equal(ports.at(5000, true)?.listener, young, 'the old one is closed already');
  ports.removeFlow(old);
  t.same(ports.inUse('IPv4'), [5000]);
  ports.close(young);
  t.same(ports.inUse('IPv4'), []);
});

t.test('the families have ports of their own', async (t) => {
  const ports = new ProxyPorts();
  ports.listen(listenerAt(5000));
  ports.listen(listenerAt(5001, 'IPv6'));
  t.same([ports.inUse('IPv4'), ports.inUse('IPv6')], [[5000], [5001]]);
  t.equal(ports.at(5000, false), undefined);
});

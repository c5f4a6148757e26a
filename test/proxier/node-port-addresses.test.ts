// --nodeport-addresses against the addresses that this host has.
import t from 'tap';
import { nodePortAddressChooser } from '../../lib/proxier/node-port-addresses.js';

const host = {
  localAddresses: new Set(['127.0.0.1', '192.168.0.5', '10.9.0.1', '::1', 'fd00:77::1']),
  nodeAddress: { IPv4: '192.168.0.5' },
};

t.test('all, primary, and by range', async (t) => {
  t.equal(nodePortAddressChooser('all')(host), 'all');
  t.same(nodePortAddressChooser('primary')(host), { IPv4: ['192.168.0.5'], IPv6: [] });
  const ranges = { IPv4: ['192.168.0.0/16', '127.0.0.0/8'], IPv6: ['fd00:77::/64'] };
  t.same(nodePortAddressChooser(ranges)(host), { IPv4: ['127.0.0.1', '192.168.0.5'], IPv6: ['fd00:77::1'] });
});

t.test('a range of everything is all of its family, and of both simply all', async (t) => {
  t.same(nodePortAddressChooser({ IPv4: ['10.0.0.0/8'], IPv6: ['::/0'] })(host), {
    IPv4: ['10.9.0.1'],
    IPv6: ['::1', 'fd00:77::1'],
  });
  t.equal(nodePortAddressChooser({ IPv4: ['0.0.0.0/0', '10.0.0.0/8'], IPv6: ['::/0'] })(host), 'all');
});

t.test('follows the host; the same object while it says the same', async (t) => {
  const choose = nodePortAddressChooser({ IPv4: ['192.168.0.0/16'], IPv6: ['fd00::/16'] });
  const first = choose(host);
  t.equal(choose({ ...host, localAddresses: new Set([...host.localAddresses, '172.17.0.1']) }), first);
  const more = choose({ ...host, localAddresses: new Set(['192.168.0.6', ...host.localAddresses]) });
  t.same(more, { IPv4: ['192.168.0.5', '192.168.0.6'], IPv6: ['fd00:77::1'] });
});

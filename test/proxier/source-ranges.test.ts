// Who may use a load balancer's address on this host.
import t from 'tap';
import { rangesOnThisHost } from '../../lib/proxier/source-ranges.js';

t.test('a host that is in a range may send from the address itself', async (t) => {
  const ranges = ['192.0.2.0/24', '203.0.113.0/24'];
  t.same(rangesOnThisHost(ranges, '198.51.100.9', '203.0.113.7'), [...ranges, '198.51.100.9/32']);
  t.same(rangesOnThisHost(['2001:db8::/32'], 'fd00::9', '2001:db8::1'), ['2001:db8::/32', 'fd00::9/128']);
  t.same(rangesOnThisHost(['198.51.100.9/32'], '198.51.100.9', '198.51.100.9'), ['198.51.100.9/32']);
});

t.test(
  'a host that is in none may not, nor where nobody may, nor where its address is not known',
  async (t) => {
    const ranges = ['192.0.2.0/24'];
    t.equal(rangesOnThisHost(ranges, '198.51.100.9', '203.0.113.7'), ranges);
    t.equal(rangesOnThisHost(ranges, '198.51.100.9', undefined), ranges);
    t.same(rangesOnThisHost([], '198.51.100.9', '203.0.113.7'), []);
  },
);

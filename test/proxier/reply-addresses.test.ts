// Addresses that clients were led to by DNAT are kept for as long as they are this host's.
import t from 'tap';
import { noReplyAddresses, replyAddresses } from '../../lib/proxier/reply-addresses.js';

const redirect = { kind: 'redirect' } as const;
const local = new Set(['192.0.2.1', '192.0.2.2']);

t.test('one more with each address, none too many, the same array while nothing changes', async (t) => {
  const first = replyAddresses(
    noReplyAddresses,
    { IPv4: { kind: 'dnat', to: '192.0.2.1' }, IPv6: redirect },
    local,
  );
  t.same(first, { IPv4: ['192.0.2.1'], IPv6: [] });
  t.equal(first.IPv6, noReplyAddresses.IPv6);
  const moved = replyAddresses(first, { IPv4: { kind: 'dnat', to: '192.0.2.2' }, IPv6: redirect }, local);
  t.same(moved.IPv4, ['192.0.2.1', '192.0.2.2']);
  const back = replyAddresses(moved, { IPv4: redirect, IPv6: redirect }, local);
  t.equal(back.IPv4, moved.IPv4, 'back from DNAT');
  t.same(replyAddresses(back, { IPv4: redirect, IPv6: redirect }, new Set(['192.0.2.2'])).IPv4, [
    '192.0.2.2',
  ]);
});

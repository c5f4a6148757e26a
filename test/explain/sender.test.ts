// Whose connections are explained, and which way they go.
import t from 'tap';
import { familyOf, isLetIn, mayUse, senderOf, senderText, wayFor } from '../../lib/explain/sender.js';

const cidrs = { kind: 'cidrs', cidrs: { IPv4: ['10.244.0.0/16'], IPv6: [] } } as const;
const none = { kind: 'none' } as const;
const local = new Set(['192.0.2.1']);

t.test('a sender is told by its address', async (t) => {
  t.same(senderOf(undefined, cidrs, local), { kind: 'everybody' });
  t.same(senderOf('external', cidrs, local), { kind: 'outside' });
  t.same(senderOf('192.0.2.1', cidrs, local), { kind: 'host', ip: '192.0.2.1' });
  t.same(senderOf('127.0.0.1', cidrs, local), { kind: 'host', ip: '127.0.0.1' });
  t.same(senderOf('10.244.3.4', cidrs, local), { kind: 'pod', ip: '10.244.3.4' });
  t.same(senderOf('203.0.113.9', cidrs, local), { kind: 'outside', ip: '203.0.113.9' });
  t.same(
    senderOf('203.0.113.9', none, local),
    { kind: 'somebody', ip: '203.0.113.9' },
    'nothing tells them apart',
  );
  t.equal(senderOf('web', cidrs, local), undefined);
});

t.test('the way they go is the first that is for them', async (t) => {
  t.equal(wayFor({ kind: 'everybody' }, cidrs), undefined);
  t.equal(wayFor({ kind: 'host', ip: '' }, none), 'cluster');
  t.equal(wayFor({ kind: 'pod', ip: '' }, cidrs), 'cluster');
  t.equal(wayFor({ kind: 'somebody', ip: '' }, none), 'everybody');
  t.equal(wayFor({ kind: 'somebody', ip: '' }, { kind: 'interface', match: 'cali+' }), undefined, 'either');
  t.equal(wayFor({ kind: 'outside' }, cidrs), 'everybody');
});

t.test('a clusterIP is not for the world outside', async (t) => {
  t.notOk(mayUse({ kind: 'outside' }, 'clusterIP', 'IPv4'));
  t.ok(mayUse({ kind: 'outside' }, 'nodePort', 'IPv4'));
  t.ok(mayUse({ kind: 'pod', ip: '10.244.0.2' }, 'clusterIP', 'IPv4'));
});

t.test('nor is an address of the other family for whoever has none of it', async (t) => {
  const pod = { kind: 'pod', ip: 'fd00::2' } as const;
  t.equal(familyOf(pod), 'IPv6');
  t.notOk(mayUse(pod, 'clusterIP', 'IPv4'));
  t.ok(mayUse(pod, 'clusterIP', 'IPv6'));
  t.ok(mayUse({ kind: 'host', ip: '127.0.0.1' }, 'clusterIP', 'IPv6'), 'a host has both');
});

t.test('source ranges let in who is in one of them', async (t) => {
  const ranges = ['203.0.113.0/24', '2001:db8::/32'];
  t.equal(isLetIn({ kind: 'outside', ip: '203.0.113.9' }, ranges), true);
  t.equal(isLetIn({ kind: 'outside', ip: '2001:db8::1' }, ranges), true);
  t.equal(isLetIn({ kind: 'outside', ip: '192.0.2.9' }, ranges), false);
  t.equal(isLetIn({ kind: 'outside' }, ranges), undefined, 'that depends');
  t.equal(
    isLetIn({ kind: 'host', ip: '127.0.0.1' }, ranges),
    undefined,
    'it takes another address on the way',
  );
  t.equal(isLetIn({ kind: 'outside' }, []), false, 'nobody');
  t.equal(isLetIn({ kind: 'outside' }, undefined), true, 'everybody');
});

t.test('each sender has words', async (t) => {
  t.equal(senderText({ kind: 'outside' }), 'from outside the cluster');
  t.equal(senderText({ kind: 'pod', ip: '10.244.0.2' }), 'from the pod 10.244.0.2');
  t.equal(senderText({ kind: 'somebody', ip: '203.0.113.9' }), 'from 203.0.113.9');
});

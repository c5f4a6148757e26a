// Where HTTP servers listen.
import t from 'tap';
import { parseBindAddress } from '../../lib/cli/bind-address.js';

t.test('an address with a port, without one, and none', async (t) => {
  t.same(parseBindAddress('127.0.0.1:10249', 1), { host: '127.0.0.1', port: 10_249 });
  t.same(parseBindAddress('[::]:10256', 1), { host: '::', port: 10_256 });
  t.same(parseBindAddress('0.0.0.0:0', 1), { host: '0.0.0.0', port: 0 });
  t.same(parseBindAddress('127.0.0.1', 10_249), { host: '127.0.0.1', port: 10_249 });
  t.same(parseBindAddress('::1', 10_249), { host: '::1', port: 10_249 });
  t.equal(parseBindAddress('', 10_249), undefined);
});

t.test('anything else is refused with what is allowed', async (t) => {
  for (const text of [
    ':10249',
    'localhost:80',
    '127.0.0.1:',
    '127.0.0.1:65536',
    '[127.0.0.1]:80',
    '[::1]',
    'fd00::1:x',
  ]) {
    t.throws(() => parseBindAddress(text, 1), { name: 'InvalidValueError', message: /an IP address/ }, text);
  }
});

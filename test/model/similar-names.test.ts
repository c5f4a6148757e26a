// Names that somebody may have meant.
import t from 'tap';
import { similarNames } from '../../lib/model/similar-names.js';

t.test('few letters off, the likest first', async (t) => {
  t.same(similarNames('default/wbe', ['default/web', 'default/api', 'default/wb']), [
    'default/wb',
    'default/web',
  ]);
});

t.test('the same name in another namespace', async (t) => {
  t.same(similarNames('default/web', ['shop/web', 'shop/api']), ['shop/web']);
});

t.test('a part of the name', async (t) => {
  const names = ['default/payments-gateway', 'default/pay', 'default/orders'];
  t.same(similarNames('default/payments', names), ['default/pay', 'default/payments-gateway']);
});

t.test('nothing is like it, or too much is', async (t) => {
  t.same(similarNames('default/web', ['default/database']), []);
  const many = Array.from({ length: 9 }, (_, at) => `default/web${at}`);
  t.equal(similarNames('default/web', many).length, 5);
});

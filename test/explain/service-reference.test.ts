// Which Service somebody means.
import t from 'tap';
import { parseServiceReference } from '../../lib/explain/service-reference.js';

const right = [
  ['shop/web', undefined, 'shop', 'web', undefined],
  ['shop/web:http', undefined, 'shop', 'web', 'http'],
  ['shop/web:80', undefined, 'shop', 'web', '80'],
  ['svc/web', 'shop', 'shop', 'web', undefined],
  ['service/web:http', 'shop', 'shop', 'web', 'http'],
  ['svc/shop/web', undefined, 'shop', 'web', undefined],
  ['web', undefined, 'default', 'web', undefined],
  ['web', 'shop', 'shop', 'web', undefined],
  ['shop/web', 'shop', 'shop', 'web', undefined],
] as const;

for (const [text, given, namespace, name, port] of right) {
  t.test(`${text}${given === undefined ? '' : ` -n ${given}`}`, async (t) => {
    t.same(parseServiceReference(text, given), { namespace, name, port });
  });
}

for (const text of ['', '/', 'a/b/c', 'a/', 'shop/web:', 'shop/web:a:b', 'shop/we b']) {
  t.test(`'${text}' is none`, async (t) => {
    t.match(parseServiceReference(text, undefined), /is no Service/);
  });
}

t.test('two namespaces that differ', async (t) => {
  t.match(parseServiceReference('shop/web', 'other'), /two namespaces/);
});

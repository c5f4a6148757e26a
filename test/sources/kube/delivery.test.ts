import t from 'tap';
import { silentLog } from '../../../lib/proxier/log.js';
import { createDelivery, resourceVersionOf } from '../../../lib/sources/kube/delivery.js';
import { serviceResource } from '../../../lib/sources/kube/kube-resource.js';
import { recordingHandler, recordingLog } from '../../support/kube-trial.js';

const raw = (name: string, resourceVersion?: string) => ({
  metadata: { name, namespace: 'default', ...(resourceVersion !== undefined && { resourceVersion }) },
  spec: { clusterIP: '10.96.0.1' },
});

t.test('the same resourceVersion is delivered once', async (t) => {
  const handler = recordingHandler();
  const delivery = createDelivery(serviceResource, handler, silentLog);
  delivery.upsert(raw('a', '1'));
  delivery.upsert(raw('a', '1'));
  delivery.upsert(raw('a', '2'));
  delivery.upsert(raw('b'));
  delivery.upsert(raw('b'));
  t.strictSame(handler.events, [
    'upsert Service default/a',
    'upsert Service default/a',
    'upsert Service default/b',
    'upsert Service default/b',
  ]);
});

t.test('the same name and resourceVersion with another uid is another object', async (t) => {
  const handler = recordingHandler();
  const delivery = createDelivery(serviceResource, handler, silentLog);
  const withUid = (uid: string) => {
    const object = raw('a', '7');
    return { ...object, metadata: { ...object.metadata, uid } };
  };
  delivery.upsert(withUid('one'));
  delivery.upsert(withUid('one'));
  t.equal(handler.events.length, 1);
  delivery.upsert(withUid('two'));
  t.equal(handler.events.length, 2);
});

t.test('a list removes what it does not hold, once it is complete', async (t) => {
  const handler = recordingHandler();
  const delivery = createDelivery(serviceResource, handler, silentLog);
  for (const name of ['a', 'b', 'c']) delivery.upsert(raw(name, '1'));
  delivery.beginList();
  delivery.upsert(raw('b', '1'));
  // This list breaks off; the next one begins from nothing.
  delivery.beginList();
  delivery.upsert(raw('a', '1'));
  handler.events.length = 0;
  delivery.endList();
  t.strictSame(handler.events, ['remove Service default/b', 'remove Service default/c']);
  delivery.endList();
  t.equal(handler.events.length, 2);
});

t.test('what was never delivered is not removed', async (t) => {
  const handler = recordingHandler();
  createDelivery(serviceResource, handler, silentLog).remove(raw('a', '1'));
  t.strictSame(handler.events, []);
});

t.test(
  'what the handler failed to take comes again with the next list, and is removed when it vanishes',
  async (t) => {
    const handler = recordingHandler();
    let fail = true;
    const log = recordingLog();
    const failing = {
      ...handler,
      upsert: (object: Parameters<typeof handler.upsert>[0]) => {
        handler.upsert(object);
        if (fail) throw new Error('full');
      },
    };
    const delivery = createDelivery(serviceResource, failing, log);
    delivery.upsert(raw('a', '1'));
    t.match(log.lines, [
      { level: 'error', fields: { object: 'Service default/a', err: { message: 'full' } } },
    ]);
    fail = false;
    delivery.beginList();
    delivery.upsert(raw('a', '1'));
    delivery.endList();
    delivery.beginList();
    delivery.upsert(raw('a', '1'));
    delivery.endList();
    delivery.beginList();
    delivery.endList();
    t.strictSame(handler.events, [
      'upsert Service default/a',
      'upsert Service default/a',
      'remove Service default/a',
    ]);
  },
);

t.test('a resourceVersion is text or nothing', async (t) => {
  t.equal(resourceVersionOf({ metadata: { resourceVersion: '5' } }), '5');
  for (const raw of [undefined, null, 7, {}, { metadata: 1 }, { metadata: { resourceVersion: 5 } }]) {
    t.equal(resourceVersionOf(raw), '');
  }
});

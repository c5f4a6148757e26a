// The uids of Services that pass by.
import t from 'tap';
import { withServiceUids } from '../../lib/compose/service-uids.js';
import type { Source, SourceHandler } from '../../lib/proxier/source.js';
import { recordingHandler } from '../support/kube-trial.js';
import { service, slice } from '../support/objects.js';

t.test('known while the Service is there; everything passes through', async (t) => {
  let inner: SourceHandler | undefined;
  let closed = false;
  const origin: Source = {
    description: 'somewhere',
    synced: Promise.resolve(),
    start: (handler) => {
      inner = handler;
    },
    health: () => ({ state: 'healthy' }),
    close: async () => {
      closed = true;
    },
  };
  const { source, uidOf } = withServiceUids(origin);
  const handler = recordingHandler();
  source.start(handler);
  const web = service('web', '10.96.0.1');
  inner?.upsert({ ...web, metadata: { ...web.metadata, uid: 'u1' } });
  inner?.upsert(service('plain', '10.96.0.2'));
  inner?.upsert(slice('web', []));
  const regarding = { kind: 'Service', namespace: 'default', name: 'web' } as const;
  t.equal(uidOf(regarding), 'u1');
  t.equal(uidOf({ ...regarding, name: 'plain' }), undefined);
  t.equal(uidOf({ kind: 'Node', namespace: '', name: 'node-1' }), 'node-1');
  inner?.remove({ kind: 'Service', namespace: 'default', name: 'web' });
  t.equal(uidOf(regarding), undefined);
  t.equal(handler.events.length, 4);
  t.strictSame([source.description, source.health()], ['somewhere', { state: 'healthy' }]);
  await source.synced;
  await source.close();
  t.ok(closed);
});

// Events without a cluster.
import t from 'tap';
import { silentRecorder } from '../../lib/proxier/event-recorder.js';

t.test('where nobody keeps Events they are taken and forgotten', async (t) => {
  const regarding = { kind: 'Node', namespace: '', name: 'node-1' } as const;
  const event = {
    regarding,
    type: 'Normal',
    reason: 'Starting',
    action: 'StartKubeProxy',
    note: '',
  } as const;
  t.equal(silentRecorder.record(event), undefined);
  t.equal(await silentRecorder.close(), undefined);
});

// Where Events go.
import t from 'tap';
import { openEventRecorder } from '../../lib/compose/event-recorder.js';
import { systemClock } from '../../lib/proxier/clock.js';
import { silentRecorder } from '../../lib/proxier/event-recorder.js';
import { silentLog } from '../../lib/proxier/log.js';
import { createApiServer } from '../support/api-server.js';
import { temporaryFolder, until } from '../support/kube-trial.js';

const parts = { nodeName: 'node-1', uidOf: () => undefined, log: silentLog, clock: systemClock };

t.test('nowhere without a cluster', async (t) => {
  t.equal(await openEventRecorder({ kind: 'manifests', paths: ['x.yaml'] }, parts), silentRecorder);
});

t.test('to the cluster of the kubeconfig', async (t) => {
  const server = await createApiServer();
  const path = await server.writeKubeconfig(await temporaryFolder(t), { auth: 'none' });
  const recorder = await openEventRecorder({ kind: 'kubeconfig', path }, parts);
  t.teardown(async () => {
    await recorder.close();
    await server.close();
  });
  recorder.record({
    regarding: { kind: 'Node', namespace: '', name: 'node-1' },
    type: 'Normal',
    reason: 'Starting',
    action: 'StartKubeProxy',
    note: 'Starting kube-portal.',
  });
  await until('it is there', () => server.events().length === 1);
  t.match(server.events(), [{ reportingController: 'kube-portal', reportingInstance: 'kube-portal-node-1' }]);
});

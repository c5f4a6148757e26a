// Events of the whole program, as an API server has them: on the Node when it starts and when a server has no port, on a
// Service whose nodePort is taken, whose clusterIP is another's, or whose health check has no port. (No endpoints for a
// minute: test/full/no-endpoints-event.test.ts.)
import t from 'tap';
import type { RawObject } from '../support/api-objects.js';
import { startApiServer } from '../support/api-server-client.js';
import { eventually } from '../support/eventually.js';
import { service, slice } from '../support/objects.js';
import { startProgram } from '../support/portal.js';
import { addresses } from '../support/rig.js';
import { createStage, serveOnPods } from '../support/stage.js';

const webIP = '10.96.0.60';
const nodePort = 30_060;
const healthCheckNodePort = 30_061;

t.test('what a cluster’s people see of a node', async (t) => {
  const stage = await createStage(t, { addressless: false });
  const { node } = stage.rig;
  await serveOnPods(stage, 'web', { count: 1 });
  const api = await startApiServer(node, stage.manifests.path);
  const holder = await stage.host.tcpEcho('0.0.0.0', nodePort, 'another program');
  const check = await stage.host.tcpEcho('0.0.0.0', healthCheckNodePort, 'another program');
  await stage.host.tcpEcho('127.0.0.1', 10_249, 'another program');
  const ports = [{ port: 80, protocol: 'TCP', nodePort }] as const;
  await api.put(
    service('web', webIP, {
      creationTimestamp: '2024-01-01T00:00:00Z',
      spec: { type: 'LoadBalancer', externalTrafficPolicy: 'Local', healthCheckNodePort, ports },
    }),
    slice('web', [], { endpoints: [{ addresses: [addresses.IPv4.pods[0]], nodeName: 'node-a' }] }),
    service('twin', webIP, { creationTimestamp: '2024-01-02T00:00:00Z' }),
  );
  const program = await startProgram(node, [
    'run',
    `--kubeconfig=${api.kubeconfig}`,
    '--iptables-variant=nft',
    '--hostname-override=node-a',
    '--sync-period=2s',
    `--admin-socket=${stage.adminSocket}`,
  ]).forwarding();

  const told = async (reason: string, name: string, timeoutMs?: number): Promise<RawObject> => {
    let found: RawObject | undefined;
    const isTold = async (): Promise<boolean> => {
      found = (await api.events()).find(
        (event) => event.reason === reason && (event.regarding as { name?: string }).name === name,
      );
      return found !== undefined;
    };
    await eventually(`${reason} of ${name}`, isTold, timeoutMs);
    return found as RawObject;
  };
  const reportedBy = { reportingController: 'kube-portal', reportingInstance: 'kube-portal-node-a' };
  t.match(await told('Starting', 'node-a'), {
    metadata: { namespace: 'default' },
    regarding: { kind: 'Node', uid: 'node-a' },
    type: 'Normal',
    action: 'StartKubeProxy',
    ...reportedBy,
  });
  t.match(await told('FailedToStartMetricServer', 'node-a'), {
    type: 'Warning',
    note: /127\.0\.0\.1:10249.*EADDRINUSE/,
  });
  t.match(await told('NodePortTaken', 'web'), {
    regarding: { kind: 'Service', namespace: 'default', uid: /^uid-/ },
    type: 'Warning',
    note: /node-a: .*30060/,
    ...reportedBy,
  });
  t.match(await told('FailedToStartServiceHealthcheck', 'web'), { note: /30061.*EADDRINUSE/ });
  t.match(await told('NotServed', 'twin'), { note: /10\.96\.0\.60/ });
  t.match(await stage.pods.tcpRequest(webIP, 80), { reply: 'web1' }, 'all else is served meanwhile');

  await holder.close();
  const byNodePort = async () =>
    (await stage.outside.tcpRequest(addresses.IPv4.node.outside, nodePort, { timeoutMs: 300 })).reply ===
    'web1';
  await eventually('the nodePort is served once it is free', byNodePort, 10_000);

  await check.close();
  const code = `curl -s -o /dev/null -w %{http_code} -m 1 http://127.0.0.1:${healthCheckNodePort}/`;
  const isChecked = async () => (await node.run(code.split(' '))).stdout === '200';
  await eventually('so is the health check', isChecked, 10_000);

  const reasons = (await api.events()).map(
    ({ reason, regarding }) => `${reason} ${(regarding as { name?: string }).name}`,
  );
  t.strictSame(reasons.sort(), [
    'FailedToStartMetricServer node-a',
    'FailedToStartServiceHealthcheck web',
    'NodePortTaken web',
    'NotServed twin',
    'Starting node-a',
  ]);
  t.same(await program.end(), { code: 0, signal: null });
});

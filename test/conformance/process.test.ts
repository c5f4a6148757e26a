// What Kubernetes' tests pin about kube-proxy as a process: it may restart, it answers at its URLs, it counts, and it is
// not slow. One after another: what is counted here is counted for the whole node.
import t from 'tap';
import type { ServiceObject } from '../../lib/model/kube-objects.js';
import type { NodeName, PodName } from '../support/cluster.js';
import { nodeIP, type Scene } from '../support/cluster-scene.js';
import { eventually } from '../support/eventually.js';
import { type Play, playAll } from './play.js';

type Policies = Partial<Pick<ServiceObject['spec'], 'internalTrafficPolicy' | 'externalTrafficPolicy'>>;

/** The sum of a metric's samples whose labels have all of `parts`. */
async function sum(scene: Scene, node: NodeName, name: string, ...parts: readonly string[]): Promise<number> {
  const samples = await scene.cluster.programs[node].metric(name);
  return [...samples].reduce(
    (total, [labels, value]) => total + (parts.every((part) => labels.includes(part)) ? value : 0),
    0,
  );
}

const plays: Readonly<Record<string, Play>> = {
  'unit/TestNoEndpointsMetric': async (t, scene) => {
    const internal: Policies = { internalTrafficPolicy: 'Local' };
    const external: Policies = { externalTrafficPolicy: 'Local' };
    const both = { ...internal, ...external };
    const here: readonly PodName[] = ['a1', 'b1'];
    const there: readonly PodName[] = ['b1'];
    const table: readonly (readonly [Policies, readonly PodName[], internal: number, external: number])[] = [
      [internal, here, 0, 0],
      [external, here, 0, 0],
      [both, here, 0, 0],
      [internal, there, 1, 0],
      [external, there, 0, 1],
      [both, there, 1, 1],
      [both, [], 0, 0],
    ];
    const name = 'kubeproxy_sync_proxy_rules_no_local_endpoints_total';
    for (const [policies, pods, ofInternal, ofExternal] of table) {
      // One port, as upstream: the metric counts ports of Services.
      const ports = [{ name: 'tcp', port: 80, protocol: 'TCP', nodePort: scene.nodePort }] as const;
      await scene.write(scene.service({ type: 'NodePort', ports, ...policies }), scene.slice(pods));
      const what = `${JSON.stringify(policies)}, ${pods.join(' ')}: ${ofInternal} internal, ${ofExternal} external`;
      let last = '';
      const holds = async () => {
        const found = [
          await sum(scene, 'node1', name, 'traffic_policy="internal"'),
          await sum(scene, 'node1', name, 'traffic_policy="external"'),
        ];
        last = found.join(' ');
        return found[0] === ofInternal && found[1] === ofExternal;
      };
      await eventually(what, holds, 8000).catch((err: Error) => {
        throw new Error(`${err.message}; it says ${last}`);
      });
      t.pass(what);
    }
  },
  'e2e/8': async (t, scene) => {
    const { cluster, clusterIP: ip, nodePort } = scene;
    await scene.write(scene.service({ type: 'NodePort' }), scene.slice(['a1', 'b1']));
    for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
      await scene.until({ from: 'pod1', ip, port: 80 }, 'a1 b1');
      const rules = await cluster.saved('node1');
      await cluster.restart('node1', signal);
      t.equal(await cluster.saved('node1'), rules, `${signal}: the rules are the same`);
      t.equal(
        await scene.answers({ from: 'pod1', ip, port: 80 }),
        'a1 b1',
        'it serves as soon as it says so',
      );
      t.equal(await scene.answers({ from: 'outside', ip: nodeIP('node1'), port: nodePort }), 'a1 b1');
      await scene.write(scene.service({ type: 'NodePort' }), scene.slice(['b1']));
      await scene.until({ from: 'pod1', ip, port: 80 }, 'b1');
      await scene.write(scene.service({ type: 'NodePort' }), scene.slice(['a1', 'b1']));
      t.pass('and follows changes');
    }
  },
  'e2e/59': async (t, scene) => {
    const { cluster } = scene;
    t.match(await cluster.get('node1', `http://${nodeIP('node1')}:10256/healthz`), {
      status: 200,
      body: /"healthy": ?true/,
    });
    t.match(await cluster.get('node1', 'http://127.0.0.1:10249/proxyMode'), {
      status: 200,
      body: /^userspace$/,
    });
    t.equal(
      (await cluster.get('node1', `http://${nodeIP('node1')}:10249/proxyMode`)).status,
      0,
      'loopback only',
    );
  },
  'e2e/84': async (t, scene) => {
    const name = 'kubeproxy_iptables_localhost_nodeports_accepted_packets_total';
    await scene.write(scene.service({ type: 'NodePort' }), scene.slice(['a1']));
    await scene.until({ from: 'host1', ip: nodeIP('node1'), port: scene.nodePort }, 'a1');
    const before = await sum(scene, 'node1', name);
    await scene.until({ from: 'host1', ip: '127.0.0.1', port: scene.nodePort }, 'a1');
    const counted = async () => (await sum(scene, 'node1', name)) > before;
    await eventually('a packet to 127.0.0.1 is counted', counted, 8000);
    t.pass('and none before');
  },
  'e2e/104': async (t, scene) => {
    const latencies: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const ip = scene.clusterIP.replace(/\d+$/, String(200 + round));
      const made = scene.service();
      const startMs = performance.now();
      await scene.write({ ...made, spec: { ...made.spec, clusterIP: ip } }, scene.slice(['a1']));
      await eventually(
        'it is served',
        async () => (await scene.cluster.pods.node1.tcpRequest(ip, 80, { timeoutMs: 100 })).ok,
      );
      latencies.push(performance.now() - startMs);
    }
    latencies.sort((a, b) => a - b);
    const [p50 = 0, p99 = 0] = [latencies[10], latencies[19]];
    t.comment(`p50 ${Math.round(p50)} ms, longest ${Math.round(p99)} ms`);
    t.ok(p50 < 2000 && p99 < 5000, 'e2e allows 20 s and 50 s');
  },
};

t.test('the process', { timeout: 55_000 }, (t) => playAll(t, 'conformance/process', plays, { jobs: 1 }));

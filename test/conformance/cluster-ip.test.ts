// What Kubernetes' tests pin about ClusterIPs and their endpoints, on two nodes, from every place.
import t from 'tap';
import type { ServicePortSpec } from '../../lib/model/kube-objects.js';
import { podEndpoint, podIP } from '../support/cluster.js';
import { ask, nodeIP, type Place } from '../support/cluster-scene.js';
import { type Play, playAll } from './play.js';

const http = 80;
const inside: readonly Place[] = ['pod1', 'calico', 'pod2', 'host1', 'host2'];

const serviceAndBack: Play = async (t, scene) => {
  const { clusterIP: ip } = scene;
  await scene.write(scene.service(), scene.slice(['a1']));
  await scene.until({ from: 'pod2', ip, port: http }, 'a1');
  await scene.write(scene.slice(['a1']));
  await scene.until({ from: 'pod2', ip, port: http }, 'silence');
  await scene.write(scene.service(), scene.slice(['a1', 'b1']));
  await scene.until({ from: 'pod2', ip, port: http }, 'a1 b1');
  await scene.until({ from: 'host1', ip, port: http, protocol: 'UDP' }, 'a1 b1');
  t.pass('served, gone, served again');
};

const plays: Readonly<Record<string, Play>> = {
  'unit/TestClusterIPGeneral': async (t, scene) => {
    const ports: readonly ServicePortSpec[] = [
      { name: 'both', port: 80, protocol: 'TCP' },
      { name: 'both-udp', port: 80, protocol: 'UDP' },
      { name: 'tcp-only', port: 81, protocol: 'TCP' },
    ];
    const targets = ports.map((port) => ({ ...port, port: 8080 }));
    await scene.write(scene.service({ ports }), scene.slice(['a1'], { ports: targets }));
    const { clusterIP: ip } = scene;
    await scene.until({ from: 'pod1', ip, port: 81 }, 'a1');
    t.equal(
      await scene.answers({ from: 'pod1', ip, port: 80 }),
      'a1',
      'hairpin: a1 is where it is asked from',
    );
    t.equal(
      await scene.answers({ from: 'pod2', ip, port: 80, protocol: 'UDP' }),
      'a1',
      'UDP on the same port',
    );
    t.equal(await scene.answers({ from: 'pod2', ip, port: 81, protocol: 'UDP' }), 'silence', 'no UDP on 81');
    t.equal(
      await scene.answers({ from: 'pod2', ip, port: 8080 }),
      'silence',
      'the target port is no port of it',
    );
    t.equal(
      await scene.answers({ from: 'pod2', ip: '10.96.8.250', port: 80 }),
      'silence',
      "nobody's ClusterIP",
    );
  },
  'e2e/1': async (t, scene) => {
    const { clusterIP: ip } = scene;
    for (const [endpoints, expected] of [
      [[], 'refused'],
      [['a1'], 'a1'],
      [['a1', 'b1'], 'a1 b1'],
      [['b1'], 'b1'],
      [[], 'refused'],
    ] as const) {
      await scene.write(scene.service(), scene.slice(endpoints));
      const elapsedMs = await scene.until({ from: 'pod1', ip, port: http }, expected);
      t.pass(`${endpoints.length} endpoints: ${expected}, after ${elapsedMs} ms`);
    }
  },
  'e2e/2': async (t, scene) => {
    const { clusterIP: ip, cluster } = scene;
    await cluster.pods.node1.tcpEcho(podIP('a1'), 8201, 'a1-second');
    const ports: readonly ServicePortSpec[] = [
      { name: 'one', port: 80, protocol: 'TCP' },
      { name: 'two', port: 81, protocol: 'TCP' },
    ];
    const first = { name: 'one', port: 8080, protocol: 'TCP' } as const;
    const second = { name: 'two', port: 8201, protocol: 'TCP' } as const;
    await scene.write(
      scene.service({ ports }),
      scene.slice(['b1'], { ports: [first], name: `${scene.name}-x` }),
      scene.slice(['a1'], { ports: [second], name: `${scene.name}-y` }),
    );
    await scene.until({ from: 'pod2', ip, port: 80 }, 'b1');
    t.equal(await scene.answers({ from: 'pod2', ip, port: 81 }), 'a1-second');
    await scene.write(
      scene.service({ ports }),
      scene.slice(['a1'], { ports: [second], name: `${scene.name}-y` }),
    );
    await scene.until({ from: 'pod2', ip, port: 80 }, 'refused');
    t.equal(
      await scene.answers({ from: 'pod2', ip, port: 81 }),
      'a1-second',
      'the other port has its endpoint still',
    );
  },
  'e2e/3': async (t, scene) => {
    const { clusterIP: ip } = scene;
    const one: ServicePortSpec = { name: 'one', port: 80, protocol: 'TCP' };
    const two: ServicePortSpec = { name: 'two', port: 81, protocol: 'TCP' };
    const targets = [one, two].map((port) => ({ ...port, port: 8080 }));
    const write = (ports: readonly ServicePortSpec[]) =>
      scene.write(scene.service({ ports }), scene.slice(['a1', 'b1'], { ports: targets }));
    await write([one]);
    await scene.until({ from: 'pod1', ip, port: 80 }, 'a1 b1');
    t.equal(await ask(scene.cluster, { from: 'pod1', ip, port: 81 }), 'silence');
    await write([one, two]);
    await scene.until({ from: 'pod1', ip, port: 81 }, 'a1 b1');
    await write([two]);
    await scene.until({ from: 'pod1', ip, port: 80 }, 'silence');
    t.equal(await scene.answers({ from: 'pod1', ip, port: 81 }), 'a1 b1');
  },
  'e2e/5': async (t, scene) => {
    await scene.write(scene.service(), scene.slice(['b1']));
    for (const protocol of ['TCP', 'UDP'] as const) {
      await scene.until({ from: 'pod2', ip: scene.clusterIP, port: http, protocol }, 'b1');
      t.pass(`${protocol}: b1 reaches itself`);
    }
  },
  'e2e/6': serviceAndBack,
  'e2e/29': async (t, scene) => {
    const { clusterIP: ip } = scene;
    const plain = scene.service();
    const labelled = {
      ...plain,
      metadata: { ...plain.metadata, labels: { 'service.kubernetes.io/service-proxy-name': 'foo' } },
    };
    await scene.write(plain, scene.slice(['a1']));
    await scene.until({ from: 'pod1', ip, port: http }, 'a1');
    await scene.write(labelled, scene.slice(['a1']));
    await scene.until({ from: 'pod1', ip, port: http }, 'silence');
    await scene.write(plain, scene.slice(['a1']));
    await scene.until({ from: 'pod1', ip, port: http }, 'a1');
    t.pass("with the label it is another proxy's");
  },
  'e2e/30': async (t, scene) => {
    const { clusterIP: ip } = scene;
    const plain = scene.service();
    const labels = { 'service.kubernetes.io/headless': '' };
    const slice = scene.slice(['a1']);
    const headlessSlice = {
      ...slice,
      metadata: { ...slice.metadata, labels: { ...slice.metadata.labels, ...labels } },
    };
    await scene.write(plain, slice);
    await scene.until({ from: 'pod1', ip, port: http }, 'a1');
    await scene.write({ ...plain, metadata: { ...plain.metadata, labels } }, headlessSlice);
    await scene.until({ from: 'pod1', ip, port: http }, 'silence');
    await scene.write(plain, headlessSlice);
    await scene.until({ from: 'pod1', ip, port: http }, 'refused');
    await scene.write(plain, slice);
    await scene.until({ from: 'pod1', ip, port: http }, 'a1');
    t.pass('the label counts on the Service and on the slice');
  },
  'e2e/31': async (t, scene) => {
    await scene.write(scene.service());
    for (const from of inside) {
      for (const protocol of ['TCP', 'UDP'] as const) {
        const elapsedMs = await scene.until({ from, ip: scene.clusterIP, port: http, protocol }, 'refused');
        t.pass(`${from}, ${protocol}: refused (${elapsedMs} ms)`);
      }
    }
  },
  'e2e/45': async (t, scene) => {
    const { clusterIP: ip } = scene;
    const both = scene.slice(['a1', 'b1']);
    const [tcp, udp] = scene.service().spec.ports ?? [];
    if (tcp === undefined || udp === undefined) throw new Error('a scene has two ports');
    await scene.write(scene.service(), both);
    await scene.until({ from: 'pod2', ip, port: http }, 'a1 b1');
    await scene.until({ from: 'pod2', ip, port: http, protocol: 'UDP' }, 'a1 b1');
    await scene.write(scene.service({ ports: [tcp] }), both);
    await scene.until({ from: 'pod2', ip, port: http, protocol: 'UDP' }, 'silence');
    t.equal(await scene.answers({ from: 'pod2', ip, port: http }), 'a1 b1', 'TCP goes on');
    await scene.write(scene.service({ ports: [udp] }), both);
    await scene.until({ from: 'pod2', ip, port: http }, 'silence');
    await scene.until({ from: 'pod2', ip, port: http, protocol: 'UDP' }, 'a1 b1');
  },
  'e2e/51': async (t, scene) => {
    await scene.cluster.pods.node1.tcpEcho(podIP('a2'), 8251, 'a2-other');
    const ports: readonly ServicePortSpec[] = [
      { name: 'web', port: 80, protocol: 'TCP', targetPort: 'http' },
    ];
    const targets = (port: number) => [{ name: 'web', port, protocol: 'TCP' }] as const;
    await scene.write(
      scene.service({ ports }),
      scene.slice(['b1'], { ports: targets(8080), name: `${scene.name}-x` }),
      scene.slice(['a2'], { ports: targets(8251), name: `${scene.name}-y` }),
    );
    await scene.until({ from: 'pod1', ip: scene.clusterIP, port: 80 }, 'a2-other b1');
    t.pass('each endpoint at its own port');
  },
  'e2e/60–69': async (t, scene) => {
    await scene.write(scene.service(), scene.slice(['a1', 'b1', 'b2']));
    for (const from of inside) {
      for (const protocol of ['TCP', 'UDP'] as const) {
        await scene.until({ from, ip: scene.clusterIP, port: http, protocol }, 'a1 b1 b2');
        t.pass(`${from}, ${protocol}`);
      }
    }
  },
  'e2e/70': async (t, scene) => {
    const second = { ...scene.service(), metadata: { namespace: 'default', name: `${scene.name}-second` } };
    const otherIP = scene.clusterIP.replace('10.96.7.', '10.96.9.');
    const slice = scene.slice(['a1', 'b1']);
    const metadata = {
      ...slice.metadata,
      name: `${scene.name}-second`,
      labels: { 'kubernetes.io/service-name': `${scene.name}-second` },
    };
    await scene.write(scene.service(), { ...second, spec: { ...second.spec, clusterIP: otherIP } }, slice, {
      ...slice,
      metadata,
    });
    for (const ip of [scene.clusterIP, otherIP]) await scene.until({ from: 'pod1', ip, port: http }, 'a1 b1');
    await scene.write(scene.service(), slice);
    await scene.until({ from: 'pod1', ip: otherIP, port: http }, 'silence');
    t.equal(
      await scene.answers({ from: 'pod1', ip: scene.clusterIP, port: http }),
      'a1 b1',
      'the other one stays',
    );
  },
  'e2e/71–72': async (t, scene) => {
    const { clusterIP: ip } = scene;
    for (const endpoints of [['a1', 'b1'], ['b1'], ['b1', 'b2']] as const) {
      await scene.write(scene.service(), scene.slice(endpoints));
      for (const protocol of ['TCP', 'UDP'] as const) {
        await scene.until({ from: 'pod1', ip, port: http, protocol }, endpoints.join(' '));
        t.pass(`${protocol}: ${endpoints.join(' ')}`);
      }
    }
  },
  'e2e/81': async (t, scene) => {
    await scene.cluster.hosts.node2.tcpEcho(nodeIP('node2'), 8281, 'on-node2');
    await scene.write(
      scene.service(),
      scene.slice([podEndpoint('b1', { addresses: [nodeIP('node2')] })], {
        ports: [{ name: 'tcp', port: 8281, protocol: 'TCP' }],
      }),
    );
    for (const from of inside) {
      await scene.until({ from, ip: scene.clusterIP, port: http }, 'on-node2');
      t.pass(from);
    }
  },
  'e2e/105–109': async (t, scene) => {
    const { clusterIP: ip } = scene;
    const names = [`${scene.name}-x`, `${scene.name}-y`, `${scene.name}-z`];
    const [x, y, z] = (['a1', 'b1', 'a2'] as const).map((pod, at) =>
      scene.slice([pod], { name: names[at] ?? '' }),
    );
    if (x === undefined || y === undefined || z === undefined) throw new Error('three slices');
    await scene.write(scene.service(), x, y, z);
    await scene.until({ from: 'pod2', ip, port: http }, 'a1 a2 b1');
    await scene.write(scene.service(), x, scene.slice(['a1', 'b2'], { name: names[1] ?? '' }));
    await scene.until({ from: 'pod2', ip, port: http }, 'a1 b2');
    t.pass('an endpoint in two slices is one endpoint');
  },
  'e2e/110–111': async (t, scene) => {
    const { clusterIP: ip } = scene;
    const ports = [{ name: 'tcp', port: 8080, protocol: 'TCP' }] as const;
    const endpoints = (addresses: readonly string[]) =>
      ({
        kind: 'Endpoints',
        metadata: { namespace: 'default', name: scene.name },
        subsets: [{ addresses: addresses.map((address) => ({ ip: address })), ports }],
      }) as const;
    await scene.write(scene.service(), endpoints([podIP('a1')]));
    await scene.until({ from: 'pod2', ip, port: http }, 'a1');
    await scene.write(scene.service(), endpoints([podIP('b1'), podIP('b2')]));
    await scene.until({ from: 'pod2', ip, port: http }, 'b1 b2');
    await scene.write(scene.service(), endpoints([podIP('b1')]), scene.slice(['a2']));
    await scene.until({ from: 'pod2', ip, port: http }, 'a2');
    t.pass('where there are slices too, they win');
  },
  'e2e/139': async (t, scene) => {
    // Outside 10.96.0.0/12, where nothing but a default route leads.
    const ip = '172.30.0.9';
    const made = scene.service();
    await scene.write({ ...made, spec: { ...made.spec, clusterIP: ip } }, scene.slice(['a1']));
    for (const from of inside) await scene.until({ from, ip, port: http }, 'a1');
    t.pass('no range of ClusterIPs is known or needed');
  },
};

t.test('ClusterIPs', { timeout: 55_000 }, (t) => playAll(t, 'conformance/cluster-ip', plays));

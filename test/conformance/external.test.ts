// What Kubernetes' tests pin about the addresses a Service has for those outside: nodePorts, externalIPs, load balancers.
import t from 'tap';
import type { IpFamily } from '../../lib/model/ip.js';
import type { ServiceObject, ServicePortSpec } from '../../lib/model/kube-objects.js';
import { clusterAddresses } from '../support/cluster-rig.js';
import { ask, nodeIP, type Place, type Scene } from '../support/cluster-scene.js';
import { type Play, playAll } from './play.js';

const everywhere: readonly Place[] = [
  'pod1',
  'calico',
  'pod2',
  'host1',
  'host2',
  'outside',
  'outside by node2',
];
const protocols = ['TCP', 'UDP'] as const;

const ingress = (ip: string, ipMode?: string): Pick<ServiceObject, 'status'> => ({
  status: { loadBalancer: { ingress: [{ ip, ...(ipMode !== undefined && { ipMode }) }] } },
});

/** Of one protocol, with the scene's nodePort unless told otherwise. */
function port(protocol: 'TCP' | 'UDP', more: Partial<ServicePortSpec> = {}): ServicePortSpec {
  return { name: protocol.toLowerCase(), port: 80, protocol, ...more };
}

/** Every address a nodePort answers on, of node1 and node2. */
function nodeAddresses(ipFamily: IpFamily): readonly string[] {
  return clusterAddresses[ipFamily].nodes.flatMap(({ node, second, ext, podGateway }) =>
    [node, second, ext, podGateway].flatMap((address) => (address === undefined ? [] : [address])),
  );
}

const dual = { ipFamilies: ['IPv4', 'IPv6'] } as const;

async function localhostServes(scene: Scene, expected: string): Promise<void> {
  for (const from of ['host1', 'host2'] as const) {
    for (const protocol of protocols) {
      for (const ip of ['127.0.0.1', '::1'])
        await scene.until({ from, ip, port: scene.nodePort, protocol }, expected);
    }
  }
}

const localhost: Play = async (t, scene) => {
  const spec = { type: 'NodePort', clusterIPs: [scene.clusterIP, scene.clusterIP6], ...dual } as const;
  await scene.write(
    scene.service(spec),
    scene.slice(['a1', 'b1']),
    scene.slice(['a1', 'b1'], { ipFamily: 'IPv6' }),
  );
  await localhostServes(scene, 'a1 b1');
  t.pass('IPv4 and IPv6, TCP and UDP, on both nodes');
};

const plays: Readonly<Record<string, Play>> = {
  'unit/TestLoadBalancer': async (t, scene) => {
    const { externalIP: ip, nodePort } = scene;
    const { client } = clusterAddresses.IPv4;
    const spec = {
      type: 'LoadBalancer',
      loadBalancerSourceRanges: [`${client}/32`, '10.244.2.0/24'],
    } as const;
    await scene.write(scene.service(spec, ingress(ip)), scene.slice(['a1', 'b1']));
    for (const protocol of protocols) {
      await scene.until({ from: 'outside', ip, port: 80, protocol }, 'a1 b1');
      t.equal(
        await ask(scene.cluster, { from: 'other client', ip, port: 80, protocol }),
        'silence',
        'not in a range',
      );
      t.equal(
        await ask(scene.cluster, { from: 'pod1', ip, port: 80, protocol }),
        'silence',
        'a pod in no range',
      );
      t.equal(await scene.answers({ from: 'pod2', ip, port: 80, protocol }), 'a1 b1', 'a pod in a range');
      const question = { from: 'other client', ip: nodeIP('node1'), port: nodePort, protocol } as const;
      t.equal(await scene.answers(question), 'a1 b1', 'nodePorts are not asked');
      t.equal(
        await scene.answers({ from: 'pod1', ip: scene.clusterIP, port: 80, protocol }),
        'a1 b1',
        'nor is the ClusterIP',
      );
    }
  },
  'unit/TestNodePorts': async (t, scene) => {
    const spec = { type: 'NodePort', clusterIPs: [scene.clusterIP, scene.clusterIP6], ...dual } as const;
    await scene.write(
      scene.service(spec),
      scene.slice(['a1', 'b1']),
      scene.slice(['a1', 'b1'], { ipFamily: 'IPv6' }),
    );
    for (const ipFamily of ['IPv4', 'IPv6'] as const) {
      for (const ip of nodeAddresses(ipFamily)) {
        const from = ip === clusterAddresses[ipFamily].nodes[1].ext ? 'host2' : 'pod1';
        for (const protocol of protocols)
          await scene.until({ from, ip, port: scene.nodePort, protocol }, 'a1 b1');
        t.pass(ip);
      }
      const { client } = clusterAddresses[ipFamily];
      t.equal(
        await ask(scene.cluster, { from: 'pod1', ip: client, port: scene.nodePort }),
        'refused',
        "another machine's port is not captured",
      );
    }
  },
  'unit/TestNoEndpointsReject': async (t, scene) => {
    const { externalIP: ip, clusterIP, nodePort } = scene;
    const vip = '198.51.100.250';
    const spec = { type: 'LoadBalancer', externalIPs: [ip] } as const;
    await scene.write(scene.service(spec, ingress(vip)));
    for (const from of everywhere) {
      for (const protocol of protocols) {
        const node = from === 'outside by node2' ? clusterAddresses.IPv4.nodes[1].ext : nodeIP('node1');
        for (const [to, at] of [
          [clusterIP, 80],
          [ip, 80],
          [vip, 80],
          [node, nodePort],
        ] as const) {
          await scene.until({ from, ip: to, port: at, protocol }, 'refused');
          t.pass(`${from} → ${to}:${at}/${protocol}`);
        }
      }
    }
  },
  'unit/TestLoadBalancerIngressRouteTypeProxy': async (t, scene) => {
    const { externalIP: ip, nodePort } = scene;
    for (const [ipMode, expected] of [
      ['VIP', 'a1'],
      ['Proxy', 'silence'],
      [undefined, 'a1'],
    ] as const) {
      await scene.write(scene.service({ type: 'LoadBalancer' }, ingress(ip, ipMode)), scene.slice(['a1']));
      // From a pod the packet goes on to the load balancer itself: outside, where nobody has the address.
      await scene.until({ from: 'pod1', ip, port: 80 }, expected);
      t.equal(
        await scene.answers({ from: 'outside', ip: nodeIP('node1'), port: nodePort }),
        'a1',
        'by nodePort',
      );
    }
  },
  'e2e/10': async (t, scene) => {
    await scene.write(scene.service({ type: 'NodePort' }), scene.slice(['a1', 'b1']));
    for (const node of ['node1', 'node2'] as const) {
      for (const from of everywhere) {
        if (from === 'outside by node2') continue;
        for (const protocol of protocols) {
          await scene.until({ from, ip: nodeIP(node), port: scene.nodePort, protocol }, 'a1 b1');
        }
        t.pass(`${from} → ${node}`);
      }
    }
  },
  'e2e/11': async (t, scene) => {
    const { externalIP: ip } = scene;
    await scene.write(scene.service({ externalIPs: [ip] }), scene.slice(['a1', 'b1']));
    for (const from of everywhere) {
      for (const protocol of protocols) await scene.until({ from, ip, port: 80, protocol }, 'a1 b1');
      t.pass(from);
    }
    t.equal(await ask(scene.cluster, { from: 'pod1', ip, port: 81 }), 'silence', 'its port alone');
  },
  'e2e/12': async (t, scene) => {
    const { nodePort } = scene;
    for (const [now, not] of [
      ['TCP', 'UDP'],
      ['UDP', 'TCP'],
      ['TCP', 'UDP'],
    ] as const) {
      const ports = [port(now, { nodePort })];
      await scene.write(scene.service({ type: 'NodePort', ports }), scene.slice(['a1', 'b1']));
      await scene.until({ from: 'outside', ip: nodeIP('node1'), port: nodePort, protocol: now }, 'a1 b1');
      await scene.until({ from: 'outside', ip: nodeIP('node1'), port: nodePort, protocol: not }, 'refused');
      t.pass(`${now}, not ${not}`);
    }
  },
  'e2e/13–16': async (t, scene) => {
    const { clusterIP: ip, nodePort } = scene;
    const byNode = { from: 'outside', ip: nodeIP('node1'), port: nodePort } as const;
    const byIP = { from: 'pod1', ip, port: 80 } as const;
    const externalName = scene.service({ type: 'ExternalName' });
    for (const [type, atNode, atIP] of [
      ['ClusterIP', 'refused', 'a1'],
      ['ExternalName', 'refused', 'silence'],
      ['NodePort', 'a1', 'a1'],
      ['ExternalName', 'refused', 'silence'],
      ['ClusterIP', 'refused', 'a1'],
      ['NodePort', 'a1', 'a1'],
    ] as const) {
      await scene.write(
        type === 'ExternalName' ? externalName : scene.service({ type }),
        scene.slice(['a1']),
      );
      await scene.until(byIP, atIP);
      await scene.until(byNode, atNode);
      t.pass(type);
    }
  },
  'e2e/17': async (t, scene) => {
    const { nodePort } = scene;
    const older = scene.service({ type: 'NodePort' });
    const clusterIP = scene.clusterIP.replace('10.96.7.', '10.96.9.');
    const named = (object: ServiceObject, name: string, creationTimestamp: string): ServiceObject => ({
      ...object,
      metadata: { ...object.metadata, name, creationTimestamp },
    });
    const slice = scene.slice(['b1']);
    const ofYounger = {
      ...slice,
      metadata: { ...slice.metadata, name: 'younger-1', labels: { 'kubernetes.io/service-name': 'younger' } },
    };
    const young = named({ ...older, spec: { ...older.spec, clusterIP } }, 'younger', '2026-02-01T00:00:00Z');
    await scene.write(
      young,
      ofYounger,
      named(older, scene.name, '2026-01-01T00:00:00Z'),
      scene.slice(['a1']),
    );
    await scene.until({ from: 'outside', ip: nodeIP('node1'), port: nodePort }, 'a1');
    await scene.until({ from: 'pod1', ip: clusterIP, port: 80 }, 'b1');
    t.pass('the younger keeps its ClusterIP');
    await scene.write(young, ofYounger);
    await scene.until({ from: 'outside', ip: nodeIP('node1'), port: nodePort }, 'b1');
    t.pass('and gets the nodePort when the older one is gone');
  },
  'e2e/19': async (t, scene) => {
    const { nodePort, cluster } = scene;
    await scene.write(scene.service({ type: 'NodePort' }), scene.slice(['a1']));
    const question = { from: 'outside', ip: nodeIP('node1'), port: nodePort } as const;
    await scene.until(question, 'a1');
    await scene.write();
    await scene.until(question, 'refused');
    const taken = await cluster.hosts.node1.tcpEcho('0.0.0.0', nodePort, 'host program');
    await scene.until(question, 'host program');
    await taken.close();
    t.pass("the port is anybody's again");
  },
  'e2e/46': async (t, scene) => {
    const { externalIP: ip } = scene;
    for (const ports of [['TCP', 'UDP'], ['TCP'], ['UDP'], ['TCP', 'UDP']] as const) {
      const spec = { type: 'LoadBalancer', ports: ports.map((protocol) => port(protocol)) } as const;
      await scene.write(scene.service(spec, ingress(ip)), scene.slice(['a1', 'b1']));
      for (const protocol of protocols) {
        const expected = ports.some((one) => one === protocol) ? 'a1 b1' : 'silence';
        await scene.until({ from: 'outside', ip, port: 80, protocol }, expected);
      }
      t.pass(ports.join(' and '));
    }
  },
  'e2e/73–76': async (t, scene) => {
    const { nodePort } = scene;
    for (const at of [nodePort, nodePort + 1]) {
      const ports = protocols.map((protocol) => port(protocol, { nodePort: at }));
      await scene.write(scene.service({ type: 'NodePort', ports }), scene.slice(['a1', 'b1']));
      for (const protocol of protocols) {
        await scene.until({ from: 'outside', ip: nodeIP('node2'), port: at, protocol }, 'a1 b1');
        const old = at === nodePort ? nodePort + 1 : nodePort;
        await scene.until({ from: 'outside', ip: nodeIP('node2'), port: old, protocol }, 'refused');
      }
      t.pass(`nodePort ${at}`);
    }
  },
  'e2e/85': localhost,
  'e2e/88–89': async (t, scene) => {
    const { externalIP: ip, nodePort, clusterIP } = scene;
    const none = scene.slice([]);
    const some = scene.slice(['a1', 'b1']);
    const at = (to: string, toPort: number, protocol: 'TCP' | 'UDP') =>
      ({ from: to === clusterIP ? 'pod1' : 'outside', ip: to, port: toPort, protocol }) as const;
    const other = (toPort: number) =>
      protocols.map((protocol) => port(protocol, { port: toPort, nodePort: nodePort + 1 }));
    const all = async (steps: readonly (readonly [to: string, port: number, expected: string])[]) => {
      for (const protocol of protocols) {
        for (const [to, toPort, expected] of steps) await scene.until(at(to, toPort, protocol), expected);
      }
    };
    const node = nodeIP('node1');
    await scene.write(scene.service({ type: 'ClusterIP' }), some);
    await all([
      [clusterIP, 80, 'a1 b1'],
      [node, nodePort, 'refused'],
      [ip, 80, 'silence'],
    ]);
    await scene.write(scene.service({ type: 'NodePort' }), some);
    await all([
      [node, nodePort, 'a1 b1'],
      [ip, 80, 'silence'],
    ]);
    await scene.write(scene.service({ type: 'LoadBalancer' }, ingress(ip)), some);
    await all([
      [node, nodePort, 'a1 b1'],
      [ip, 80, 'a1 b1'],
    ]);
    await scene.write(scene.service({ type: 'LoadBalancer', ports: other(81) }, ingress(ip)), some);
    await all([
      [ip, 81, 'a1 b1'],
      [ip, 80, 'silence'],
      [node, nodePort + 1, 'a1 b1'],
      [node, nodePort, 'refused'],
    ]);
    await scene.write(scene.service({ type: 'LoadBalancer', ports: other(81) }, ingress(ip)), none);
    await all([
      [ip, 81, 'refused'],
      [node, nodePort + 1, 'refused'],
    ]);
    await scene.write(scene.service({ type: 'LoadBalancer', ports: other(81) }, ingress(ip)), some);
    await all([[ip, 81, 'a1 b1']]);
    await scene.write(scene.service({ type: 'ClusterIP', ports: other(81) }), some);
    await all([
      [clusterIP, 81, 'a1 b1'],
      [node, nodePort + 1, 'refused'],
      [ip, 81, 'silence'],
    ]);
    t.pass('ClusterIP, NodePort, LoadBalancer, other ports, no endpoints, endpoints, ClusterIP');
  },
  'e2e/90': async (t, scene) => {
    const { externalIP: ip } = scene;
    const { client, otherClient } = clusterAddresses.IPv4;
    const allow = (...ranges: readonly string[]) =>
      scene.write(
        scene.service({ type: 'LoadBalancer', loadBalancerSourceRanges: ranges }, ingress(ip)),
        scene.slice(['a1']),
      );
    const [one, two] = [
      { from: 'outside', ip, port: 80 },
      { from: 'other client', ip, port: 80 },
    ] as const;
    await allow(`${client}/32`);
    await scene.until(one, 'a1');
    await scene.until(two, 'silence');
    await allow(`${otherClient}/32`);
    await scene.until(two, 'a1');
    await scene.until(one, 'silence');
    await allow();
    await scene.until(one, 'a1');
    await scene.until(two, 'a1');
    await allow('not a range');
    await scene.until(one, 'silence');
    t.pass('a list without one right range lets nobody in');
  },
  'e2e/95': async (t, scene) => {
    const { externalIP: ip, nodePort } = scene;
    const ports = protocols.map((protocol) => port(protocol));
    const spec = { type: 'LoadBalancer', allocateLoadBalancerNodePorts: false, ports } as const;
    await scene.write(scene.service(spec, ingress(ip)), scene.slice(['a1', 'b1']));
    for (const protocol of protocols) await scene.until({ from: 'outside', ip, port: 80, protocol }, 'a1 b1');
    t.equal(await ask(scene.cluster, { from: 'outside', ip: nodeIP('node1'), port: nodePort }), 'refused');
  },
};

t.test('for those outside', { timeout: 55_000 }, (t) => playAll(t, 'conformance/external', plays));

// Ports of rules from an earlier run go to the listeners whose they were, and to nobody else.
import t from 'tap';
import { portalsOf } from '../../lib/model/portals-of.js';
import type { ServicePort } from '../../lib/model/service-port.js';
import { silentLog } from '../../lib/proxier/log.js';
import type { StandingPortal } from '../../lib/proxier/rule-applier.js';
import { readStandingPorts, StandingPorts } from '../../lib/proxier/standing-ports.js';
import { fakeWorld } from '../support/fake-edges.js';
import { servicePort } from '../support/service-port.js';

const everybody = (proxyPort: number) => ({ from: 'everybody', proxyPort }) as const;
const cluster = (proxyPort: number) => ({ from: 'cluster', proxyPort }) as const;

function standing(ip: string, port: number, ...ways: StandingPortal['ways']): StandingPortal {
  return { ipFamily: 'IPv4', ip, port, protocol: 'TCP', ways };
}

function portsOf(ports: StandingPorts, one: ServicePort) {
  return ports.portsOf(one, portalsOf(one));
}

function snapshotOf(...all: readonly ServicePort[]) {
  return {
    servicePorts: new Map(all.map((one) => [one.key, one])),
    portals: new Map(all.map((one) => [one.key, portalsOf(one)])),
  };
}

t.test('both scopes are known again by who comes by which way', async (t) => {
  const web = servicePort({ nodePort: 30_080, externalPolicy: 'Local' });
  const both = new StandingPorts([
    standing('10.96.0.1', 80, everybody(40_000)),
    standing('', 30_080, cluster(40_000), everybody(40_002)),
  ]);
  t.same(portsOf(both, web), { Cluster: 40_000, Local: 40_002 });
  const onlyNodePort = new StandingPorts([standing('', 30_080, cluster(40_000), everybody(40_002))]);
  t.same(portsOf(onlyNodePort, web), { Cluster: 40_000, Local: 40_002 });
  const local = servicePort({ nodePort: 30_080, externalPolicy: 'Local', internalPolicy: 'Local' });
  const swapped = [
    standing('10.96.0.1', 80, everybody(40_002)),
    standing('', 30_080, cluster(40_000), everybody(40_002)),
  ];
  t.same(portsOf(new StandingPorts(swapped), local), { Cluster: 40_000, Local: 40_002 });
});

t.test('a portal whose policy changed meanwhile tells nothing; the others do', async (t) => {
  const ports = new StandingPorts([
    standing('10.96.0.1', 80, everybody(40_000)),
    standing('', 30_080, everybody(40_000)),
  ]);
  t.same(portsOf(ports, servicePort({ nodePort: 30_080, externalPolicy: 'Local' })), { Cluster: 40_000 });
});

t.test('no port is for two scopes', async (t) => {
  const ports = new StandingPorts([
    standing('10.96.0.1', 80, everybody(40_000)),
    standing('', 30_080, cluster(40_002), everybody(40_000)),
  ]);
  const web = servicePort({ nodePort: 30_080, externalPolicy: 'Local' });
  t.same(portsOf(ports, web), { Cluster: 40_000 });
});

t.test(
  'ports that nobody gets again are known: of portals that are gone, and of ways that are',
  async (t) => {
    const ports = new StandingPorts([
      standing('10.96.0.1', 80, everybody(40_000)),
      standing('', 30_080, cluster(40_000), everybody(40_002)),
      standing('10.96.0.9', 80, everybody(40_004)),
    ]);
    const web = servicePort({ nodePort: 30_080, externalPolicy: 'Local' });
    const ofNobody = (...all: readonly ServicePort[]) =>
      ports.portsOfNobody(snapshotOf(...all)).map(({ port }) => port);
    t.same(ofNobody(), [40_000, 40_002, 40_004]);
    t.same(ofNobody(web), [40_004]);
    t.same(ofNobody(servicePort()), [40_002, 40_004], 'its nodePort went');
    t.equal(ports.leadTo('TCP/IPv4', 40_002), true);
    t.equal(ports.leadTo('UDP/IPv4', 40_002), false);
  },
);

t.test('rules that can not be read are no rules', async (t) => {
  const { rules } = fakeWorld().options;
  rules.standing = async () => {
    throw new Error('no iptables-save');
  };
  t.same([...(await readStandingPorts(rules, silentLog)).portals()], []);
});

// What the proxier would show of objects, for tests of what is made of it: listeners with numbers of their own, no sockets.
import type { KubeObject } from '../../lib/model/kube-objects.js';
import { createModel } from '../../lib/model/model.js';
import { noEndpoints } from '../../lib/model/usable-endpoints.js';
import { type ListenersOfServicePort, listenersIn } from '../../lib/proxier/held-listener.js';
import { planRules } from '../../lib/proxier/plan.js';
import { wantedRoles } from '../../lib/proxier/roles.js';
import { type ServiceDetail, serviceDetail } from '../../lib/proxier/service-detail.js';
import {
  type StatusSources,
  servicePortStatus,
  servicePortStatuses,
} from '../../lib/proxier/service-port-status.js';
import type { ProxierStatus, ServiceProblem } from '../../lib/proxier/status.js';
import { held } from './held.js';

export interface StatusWish {
  /** ServicePort keys whose nodePort is another process's. */
  readonly blocked?: readonly string[];
  readonly problems?: readonly ServiceProblem[];
  /** Of each endpoint's `ip:port`: it would lead back. */
  readonly refused?: readonly string[];
}

export interface KnownStatus {
  readonly status: ProxierStatus;
  /** Of default/`name`. */
  detail(name: string): ServiceDetail;
}

const setting = {
  steering: { IPv4: { kind: 'redirect' }, IPv6: { kind: 'redirect' } },
  detectLocal: { kind: 'none' },
  nodePortAddresses: 'all',
  localhostNodePorts: true,
  dropInvalid: true,
} as const;

export function statusOf(objects: readonly KubeObject[], wish: StatusWish = {}): KnownStatus {
  const model = createModel({ nodeName: 'here' });
  for (const object of objects) model.upsert(object);
  const { snapshot, node } = model.takeSnapshot();
  const isLet = ({ ip, port }: { readonly ip: string; readonly port: number }) =>
    !wish.refused?.includes(`${ip}:${port}`);
  const endpoints = new Map(
    [...snapshot.endpoints].map(([key, usable]) => [
      key,
      { ...usable, Cluster: usable.Cluster.filter(isLet), Local: usable.Local.filter(isLet) },
    ]),
  );
  let port = 40_000;
  const listeners = new Map<string, ListenersOfServicePort>();
  for (const [key, servicePort] of snapshot.servicePorts) {
    const roles = wantedRoles(servicePort, snapshot.portals.get(key) ?? []);
    const ports = Object.fromEntries(
      roles.map((role) => [role, role === 'nodePort' ? servicePort.nodePort : port++]),
    );
    const ofPort = held(servicePort, ports, endpoints.get(key) ?? noEndpoints);
    for (const { listener } of listenersIn(ofPort))
      Object.assign(listener, {
        counters: () => ({ open: 1, opened: 2, failed: { dial: 3, refused: 1 }, rxBytes: 4, txBytes: 5 }),
      });
    listeners.set(key, ofPort);
  }
  const blocked = new Set(wish.blocked);
  const plan = planRules(
    { ...snapshot, held: listeners, version: 0, blocked, setting, nodeAddress: {} },
    undefined,
  );
  const sources: StatusSources = {
    snapshot,
    held: listeners,
    endpoints,
    plan,
    problems: wish.problems ?? [],
  };
  const status = {
    snapshot: () => snapshot,
    node: () => node,
    plan: () => plan,
    servicePort: (key: string) => servicePortStatus(key, sources),
    servicePorts: () => servicePortStatuses(sources),
  } as Partial<ProxierStatus> as ProxierStatus;
  return {
    status,
    detail: (name) => serviceDetail(`default/${name}`, model.view('default', name), [], status),
  };
}

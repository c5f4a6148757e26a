// test/conformance/registry.ts: what Kubernetes' own tests pin for a node's proxy, and where it is held against this program.
// `unit/` are those of pkg/proxy (1.36), `e2e/` those of test/e2e/network in the order of their files. docs/conformance.md
// is written from this list (scripts/conformance.mjs), and document.test.ts sees that neither of them lies.

export interface Upstream {
  /** `unit/TestNodePorts`, `e2e/10`; ranges are `e2e/13–16`. */
  readonly id: string;
  readonly title: string;
}

export type Entry = Upstream &
  (
    | { readonly status: 'held'; readonly file: string }
    /** By a test of another name, which is to be found in `file` (below test/, without `.test.ts`). */
    | { readonly status: 'elsewhere'; readonly file: string; readonly test: string }
    /** `other`: what it tests is not a node proxy's. `later`: not held yet, and why. */
    | { readonly status: 'other' | 'later'; readonly reason: string }
  );

const clusterIP = 'conformance/cluster-ip';
const external = 'conformance/external';
const policies = 'conformance/traffic-policies';
const topology = 'conformance/topology';
const conntrack = 'conformance/conntrack';
const affinity = 'conformance/affinity';
const operation = 'conformance/process';
const dualStack = 'conformance/dual-stack';
const rolling = 'conformance/rolling-update';

const sourceAddress =
  "the endpoint sees the node's address: a userspace proxy opens a connection of its own, and to keep the client's address takes a transparent one";
const apiServer = "the API server's or a controller's own behaviour: no packet of it meets a node's proxy";

export const registry: readonly Entry[] = [
  held(
    'unit/TestClusterIPGeneral',
    'hairpin, targetPort, TCP and UDP on one port, ports and addresses nobody has',
    clusterIP,
  ),
  held(
    'unit/TestLoadBalancer',
    'source ranges: who is let in, who is not, and nodePorts are not asked',
    external,
  ),
  held('unit/TestNodePorts', 'on every address of a node, in both families', external),
  elsewhere(
    'unit/TestNodePorts nodeport-addresses',
    'on the given addresses alone',
    'iptables/node-ports',
    'only on the addresses that have them; refused elsewhere, even by the claim',
  ),
  held('unit/TestNoEndpointsReject', 'ClusterIP, externalIP, NodePort and load balancer refuse', external),
  held(
    'unit/TestExternalTrafficPolicyLocal',
    'outside: local endpoints alone, or silence; pods and the node: every endpoint',
    policies,
  ),
  held('unit/TestExternalTrafficPolicyCluster', 'everybody gets every endpoint', policies),
  held('unit/TestInternalTrafficPolicy', "Local: the node's own endpoints, or silence", policies),
  elsewhere(
    'unit/TestTerminatingEndpointsTrafficPolicyLocal',
    'ready, only terminating, only remote, none, deleted',
    policies,
    'e2e/41',
  ),
  elsewhere(
    'unit/TestTerminatingEndpointsTrafficPolicyCluster',
    'ready, only terminating, none, deleted',
    policies,
    'e2e/40',
  ),
  elsewhere(
    'unit/TestHealthCheckNodePortWhenTerminating',
    'no local endpoint is counted that terminates',
    policies,
    'e2e/37',
  ),
  held('unit/TestNoEndpointsMetric', 'sync_proxy_rules_no_local_endpoints_total, by policy', operation),
  held(
    'unit/TestLoadBalancerIngressRouteTypeProxy',
    'ipMode Proxy is not captured, VIP and none are',
    external,
  ),
  later('unit/TestInternalExternalMasquerade', 'who is masqueraded, 27 paths', sourceAddress),
  elsewhere(
    'unit/topology_test',
    'CategorizeEndpoints by hints and policies, about 30 cases',
    'model/usable-endpoints',
    'policies: the Local scope knows no hints, and each scope falls back on its own',
  ),
  elsewhere(
    'unit/endpointslicecache_test',
    'endpoints move between slices; one address twice',
    'model/endpoint-slice-cache',
    'an endpoint that moves to another slice keeps its place',
  ),
  elsewhere(
    'unit/TestCleanStaleEntries',
    'which conntrack entries are stale',
    'proxier/stale-udp',
    'portals that are new, gone, moved or refused; not those of TCP, nor of the other family',
  ),
  elsewhere(
    'unit/healthcheck TestHealthzServer',
    'healthy, late, node being deleted',
    'http/health',
    'a Node that goes away makes /healthz 503 and leaves /livez, and the proxier, healthy',
  ),
  elsewhere(
    'unit/healthcheck TestServer',
    'healthCheckNodePort: the answer, its header, and when it is 503',
    'http/health-check-service',
    'the answer is 200 with endpoints and a healthy proxy, and else 503',
  ),
  elsewhere(
    'unit/BoundedFrequencyRunner',
    'not too often, not too late, retries',
    'proxier/bounded-frequency-runner',
    'a failure is tried again, each time later, and a success ends that',
  ),
  elsewhere(
    'unit/TestBadIPs',
    'wrong addresses are left out and named',
    'model/external-addresses',
    'a wrong value is named with its field and left out alone',
  ),

  held('e2e/1', 'serve a basic endpoint from pods', clusterIP),
  held('e2e/2', 'serve multiport endpoints from pods', clusterIP),
  held('e2e/3', 'be updated after adding or deleting ports', clusterIP),
  later('e2e/4', 'preserve source pod IP for traffic through a ClusterIP', sourceAddress),
  held('e2e/5', 'allow pods to hairpin back to themselves through services', clusterIP),
  held('e2e/6', 'be able to up and down services', clusterIP),
  elsewhere('e2e/7', 'work after the service has been recreated', clusterIP, 'e2e/6'),
  held('e2e/8', 'work after restarting kube-proxy', operation),
  elsewhere(
    'e2e/9',
    'work after restarting the API server',
    'integration/cluster',
    'an API server that is away, comes, goes and comes back changed',
  ),
  held('e2e/10', 'be able to create a functioning NodePort service', external),
  held('e2e/11', 'connect to an ExternalIP that is not assigned to a node', external),
  held('e2e/12', 'update the type of a NodePort from TCP to UDP and back on the same number', external),
  held('e2e/13–16', 'change the type between ExternalName, ClusterIP and NodePort', external),
  held('e2e/17', 'prevent NodePort collisions', external),
  other('e2e/18', 'check NodePort out-of-range', apiServer),
  held('e2e/19', 'release NodePorts on delete', external),
  held('e2e/20', 'create endpoints for unready pods', policies),
  held(
    'e2e/21',
    'connect to terminating and unready endpoints when PublishNotReadyAddresses is true',
    policies,
  ),
  held('e2e/22', 'not connect to them when it is false', policies),
  held('e2e/23', 'session affinity works for a ClusterIP', affinity),
  held('e2e/24', 'session affinity timeout works for a ClusterIP', affinity),
  held('e2e/25', 'switch session affinity for a ClusterIP', affinity),
  held('e2e/26', 'session affinity works for a NodePort', affinity),
  held('e2e/27', 'session affinity timeout works for a NodePort', affinity),
  held('e2e/28', 'switch session affinity for a NodePort', affinity),
  held('e2e/29', 'implement service.kubernetes.io/service-proxy-name', clusterIP),
  held('e2e/30', 'implement service.kubernetes.io/headless', clusterIP),
  held('e2e/31', 'be rejected when no endpoints exist', clusterIP),
  held('e2e/32', 'be rejected for evicted pods', policies),
  held('e2e/33–35', 'respect internalTrafficPolicy=Local: pod, pod of the host network, node', policies),
  later('e2e/36', 'preserve the client address with externalTrafficPolicy=Local', sourceAddress),
  held('e2e/37', 'fail health check node port if there are only terminating endpoints', policies),
  held('e2e/38', 'fall back to terminating endpoints, internalTrafficPolicy=Cluster', policies),
  held('e2e/39', 'fall back to local terminating endpoints, internalTrafficPolicy=Local', policies),
  held('e2e/40', 'fall back to terminating endpoints, externalTrafficPolicy=Cluster', policies),
  held('e2e/41', 'fall back to local terminating endpoints, externalTrafficPolicy=Local', policies),
  other('e2e/42', 'find the kubernetes service', apiServer),
  other('e2e/43', "complete a service's status lifecycle", apiServer),
  other('e2e/44', 'delete a collection of services', apiServer),
  held('e2e/45', 'serve endpoints on the same port and different protocols', clusterIP),
  held('e2e/46', 'serve a load balancer on the same port and different protocols', external),
  elsewhere(
    'e2e/47',
    'allow creating a basic SCTP service',
    'integration/sctp',
    'associates, and the endpoints take turns',
  ),
  held('e2e/48', 'NodePort and HealthCheckNodePort when externalTrafficPolicy changes', policies),
  other('e2e/49–50', 'ports and named ports of restartable init containers', apiServer),
  held('e2e/51', 'a named targetPort that is another port on each endpoint', clusterIP),

  held('e2e/52', 'preserve UDP traffic when a server pod cycles, NodePort', conntrack),
  held('e2e/53', 'preserve UDP traffic when a server pod cycles, ClusterIP', conntrack),
  held(
    'e2e/54',
    'preserve UDP traffic when a server pod cycles, ClusterIP with internalTrafficPolicy Local',
    conntrack,
  ),
  held('e2e/55', 'preserve UDP traffic when a server pod cycles, the client on the host network', conntrack),
  held('e2e/56', 'preserve UDP traffic when a pod becomes ready', conntrack),
  elsewhere(
    'e2e/57',
    'drop INVALID conntrack entries',
    'iptables/packet-counts',
    'a stream that conntrack does not know',
  ),
  held('e2e/58', 'clean conntrack when the targetPort of a UDP service changes', conntrack),

  held('e2e/59', 'check kube-proxy URLs', operation),
  held('e2e/60–69', 'function for pod, node and endpoint to service: http and udp', clusterIP),
  elsewhere(
    'e2e/60–69 sctp',
    'function for pod, node and endpoint to service: sctp',
    'conformance/sctp',
    'by the clusterIP and by the nodePort',
  ),
  held('e2e/70', 'function for multiple endpoint services with the same selector', clusterIP),
  held('e2e/71–72', 'update endpoints: http and udp', clusterIP),
  held('e2e/73–76', 'update nodePort: http and udp; a basic UDP nodePort', external),
  held('e2e/77–78', 'function for client IP based session affinity: http and udp', affinity),
  elsewhere(
    'e2e/79–80',
    'support large requests: http and udp',
    'integration/cluster-ip',
    'TCP, 2,000 bytes, from',
  ),
  held('e2e/81', 'function for endpoints that use hostNetwork', clusterIP),
  elsewhere(
    'e2e/82',
    'recreate its rules when all KUBE chains are deleted',
    'integration/flush',
    'all chains of ours are deleted',
  ),

  elsewhere(
    'e2e/83',
    'set the TCP CLOSE_WAIT timeout',
    'host/conntrack-sysctls',
    'what is lower is raised, and what is higher stays',
  ),
  held('e2e/84', 'update the metric of localhost NodePorts', operation),
  held('e2e/85', 'spread over nodes from a NodePort on 127.0.0.1', external),
  held('e2e/86', 'session affinity from a NodePort on 127.0.0.1', affinity),
  elsewhere('e2e/87', 'a node reaches a registry by its NodePort on localhost', external, 'e2e/85'),

  held(
    'e2e/88–89',
    "change a load balancer's type and ports, with none and some endpoints: TCP and UDP",
    external,
  ),
  held('e2e/90', 'allow only the load balancer source ranges', external),
  held(
    'e2e/91–94',
    'session affinity of a load balancer under each externalTrafficPolicy, switched on and off',
    affinity,
  ),
  held('e2e/95', 'a load balancer without NodePort', external),
  held('e2e/96–97', "preserve a load balancer's UDP traffic when a server pod cycles", conntrack),
  held('e2e/98–99', 'minimal disruption during a rolling update under each externalTrafficPolicy', rolling),
  later(
    'e2e/100–103',
    'ESIPP: the client address behind a load balancer with externalTrafficPolicy=Local',
    sourceAddress,
  ),

  held('e2e/104', 'not be very high: the latency of a new service', operation),
  held('e2e/105–109', 'slices: several ports and several addresses in several slices', clusterIP),
  held('e2e/110–111', 'custom Endpoints of a service without a selector', clusterIP),
  held(
    'e2e/112–117',
    'trafficDistribution PreferClose, PreferSameZone and PreferSameNode, with fallback',
    topology,
  ),
  held('e2e/118', 'topology hints', topology),
  held('e2e/119–138', 'dual stack: services of one family, of the other, of both', dualStack),
  held('e2e/139', 'ClusterIPs of a further service CIDR', clusterIP),
  held('e2e/140', 'zero downtime of a blue and green update', rolling),
  other('e2e/141–142', 'the kubernetes service follows the API servers', apiServer),
];

function held(id: string, title: string, file: string): Entry {
  return { id, title, status: 'held', file };
}

function elsewhere(id: string, title: string, file: string, test: string): Entry {
  return { id, title, status: 'elsewhere', file, test };
}

function other(id: string, title: string, reason: string): Entry {
  return { id, title, status: 'other', reason };
}

function later(id: string, title: string, reason: string): Entry {
  return { id, title, status: 'later', reason };
}

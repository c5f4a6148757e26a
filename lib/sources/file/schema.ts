// sources/file/schema.ts: the shape of the fields we read, and nothing else (unknown fields are dropped).
// It refuses wrong types, missing names, and kinds of Services and protocols that there are not. Whether a number is a
// port, a text an IP address or a policy is the model's business, field by field, so that one bad port does not take its
// Service away (see doubts.ts).
import { z } from 'zod';

const text = z.string({ error: 'expected a string' });
const integer = z.int({ error: 'expected a whole number' });
const port = z.int({ error: 'expected a number from 1 to 65535' });
const flag = z.boolean({ error: 'expected true or false' });
const mapping = { error: 'expected a mapping' };
const list = <T extends z.ZodType>(item: T) => z.array(item, { error: 'expected a list' });

/** Kubernetes writes null for what is not set (`creationTimestamp: null`); nil is absent. */
const optional = <T extends z.ZodType>(schema: T) =>
  schema.nullish().transform((value) => value ?? undefined);

function oneOf<const T extends readonly [string, ...string[]]>(...values: T) {
  return z.enum(values, { error: `expected one of ${values.map((value) => `"${value}"`).join(', ')}` });
}

/** Sorted, so that the order in the file is no difference. */
const labels = z
  .record(z.string(), text, mapping)
  .transform((record) =>
    Object.fromEntries(
      Object.entries(record).sort(([left], [right]) => (left < right ? -1 : left > right ? 1 : 0)),
    ),
  );

/** kubectl's copy of the whole object, as large as the object itself; nobody here reads it. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';
const annotations = labels.transform(({ [lastApplied]: _, ...rest }) => rest);

const metadata = z.object(
  {
    namespace: text.nullish().transform((value) => value || 'default'),
    name: text.min(1, 'expected a name'),
    uid: optional(text),
    creationTimestamp: optional(text),
    deletionTimestamp: optional(text),
    labels: optional(labels),
    annotations: optional(annotations),
  },
  mapping,
);

const protocol = optional(oneOf('TCP', 'UDP', 'SCTP'));
const ipFamily = oneOf('IPv4', 'IPv6');

const servicePort = z.object(
  {
    name: optional(text),
    protocol,
    port,
    targetPort: optional(z.union([integer, text], { error: 'expected a port number or a port name' })),
    nodePort: optional(port),
  },
  mapping,
);

const service = z.object({
  kind: z.literal('Service'),
  metadata,
  spec: z.object(
    {
      type: optional(oneOf('ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName')),
      clusterIP: optional(text),
      clusterIPs: optional(list(text)),
      ipFamilies: optional(list(ipFamily)),
      ports: optional(list(servicePort)),
      selector: optional(labels),
      externalIPs: optional(list(text)),
      sessionAffinity: optional(text),
      sessionAffinityConfig: optional(
        z.object({ clientIP: optional(z.object({ timeoutSeconds: optional(integer) }, mapping)) }, mapping),
      ),
      internalTrafficPolicy: optional(text),
      externalTrafficPolicy: optional(text),
      healthCheckNodePort: optional(port),
      allocateLoadBalancerNodePorts: optional(flag),
      loadBalancerSourceRanges: optional(list(text)),
      publishNotReadyAddresses: optional(flag),
      trafficDistribution: optional(text),
    },
    mapping,
  ),
  status: optional(
    z.object(
      {
        loadBalancer: optional(
          z.object(
            {
              ingress: optional(
                list(
                  z.object({ ip: optional(text), hostname: optional(text), ipMode: optional(text) }, mapping),
                ),
              ),
            },
            mapping,
          ),
        ),
      },
      mapping,
    ),
  ),
});

const slicePort = z.object({ name: optional(text), protocol, port: optional(port) }, mapping);
const named = list(z.object({ name: text }, mapping));

const endpointSlice = z.object({
  kind: z.literal('EndpointSlice'),
  metadata,
  addressType: oneOf('IPv4', 'IPv6', 'FQDN'),
  endpoints: list(
    z.object(
      {
        addresses: list(text),
        conditions: optional(
          z.object({ ready: optional(flag), serving: optional(flag), terminating: optional(flag) }, mapping),
        ),
        nodeName: optional(text),
        zone: optional(text),
        hints: optional(z.object({ forZones: optional(named), forNodes: optional(named) }, mapping)),
      },
      mapping,
    ),
  )
    .nullish()
    .transform((value) => value ?? []),
  ports: list(slicePort)
    .nullish()
    .transform((value) => value ?? []),
});

const subsetAddresses = optional(list(z.object({ ip: text, nodeName: optional(text) }, mapping)));

const endpoints = z.object({
  kind: z.literal('Endpoints'),
  metadata,
  subsets: list(
    z.object(
      {
        addresses: subsetAddresses,
        notReadyAddresses: subsetAddresses,
        ports: optional(list(slicePort)),
      },
      mapping,
    ),
  )
    .nullish()
    .transform((value) => value ?? []),
});

const node = z.object({
  kind: z.literal('Node'),
  metadata: metadata.transform((value) => ({ ...value, namespace: '' })),
  spec: optional(
    z.object(
      {
        podCIDRs: optional(list(text)),
        taints: optional(list(z.object({ key: text, effect: text }, mapping))),
      },
      mapping,
    ),
  ),
  status: optional(
    z.object({ addresses: optional(list(z.object({ type: text, address: text }, mapping))) }, mapping),
  ),
});

/** By kind; each is read in one API version only (see apiVersions). */
export const schemas = {
  Service: service,
  EndpointSlice: endpointSlice,
  Endpoints: endpoints,
  Node: node,
} as const;

export const apiVersions: Readonly<Record<keyof typeof schemas, string>> = {
  Service: 'v1',
  EndpointSlice: 'discovery.k8s.io/v1',
  Endpoints: 'v1',
  Node: 'v1',
};

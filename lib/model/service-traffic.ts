// model/service-traffic.ts: what a Service as a whole says about its traffic: policies, session affinity, health checks,
// draining. A wrong value is a problem, and its default holds.
import type { DrainPolicy } from './drain-policy.js';
import { goDurationMs } from './go-duration.js';
import type { ServiceObject } from './kube-objects.js';
import { type Fields, fieldsOf, isGiven, isPort, listOf, type Report, show } from './loose-fields.js';
import type { ServicePort, TrafficDistribution } from './service-port.js';
import type { TrafficScope } from './traffic-scope.js';

export type ServiceType = NonNullable<ServiceObject['spec']['type']>;

/** The fields of a ServicePort that all of a Service's ports share. */
export type ServiceTraffic = Pick<
  ServicePort,
  | 'internalPolicy'
  | 'externalPolicy'
  | 'healthCheckNodePort'
  | 'affinityTimeoutSeconds'
  | 'drain'
  | 'trafficDistribution'
>;

const drainAnnotation = 'kube-portal/drain';
const trafficDistributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode'] as const;
const serviceTypes = ['ClusterIP', 'NodePort', 'LoadBalancer', 'ExternalName'] as const;
/** The API's default and limits of sessionAffinityConfig.clientIP.timeoutSeconds. */
const defaultAffinitySeconds = 10_800;
const longestAffinitySeconds = 86_400;

export function serviceTypeOf(spec: Fields, report: Report): ServiceType {
  return oneOf(spec.type, serviceTypes, 'spec.type', report) ?? 'ClusterIP';
}

export function serviceTrafficOf(
  service: ServiceObject,
  spec: Fields,
  type: ServiceType,
  report: Report,
): ServiceTraffic {
  const internalPolicy = policyOf(spec, 'internalTrafficPolicy', report);
  const external = policyOf(spec, 'externalTrafficPolicy', report);
  const externalPolicy = isExternal(spec, type) ? external : 'Cluster';
  const healthCheckNodePort =
    type === 'LoadBalancer' && externalPolicy === 'Local' ? healthCheckNodePortOf(spec, report) : undefined;
  const affinityTimeoutSeconds = affinityTimeoutOf(spec, report);
  const drain = drainOf(fieldsOf(service.metadata.annotations)[drainAnnotation], report);
  const trafficDistribution: TrafficDistribution | undefined = oneOf(
    spec.trafficDistribution,
    trafficDistributions,
    'spec.trafficDistribution',
    report,
  );
  return {
    internalPolicy,
    externalPolicy,
    ...(healthCheckNodePort !== undefined && { healthCheckNodePort }),
    ...(affinityTimeoutSeconds !== undefined && { affinityTimeoutSeconds }),
    ...(drain !== undefined && { drain }),
    ...(trafficDistribution !== undefined && { trafficDistribution }),
  };
}

/** Where the API gives externalTrafficPolicy a meaning. */
function isExternal(spec: Fields, type: ServiceType): boolean {
  return type !== 'ClusterIP' || listOf(spec.externalIPs).length > 0;
}

function policyOf(
  spec: Fields,
  field: 'internalTrafficPolicy' | 'externalTrafficPolicy',
  report: Report,
): TrafficScope {
  return oneOf(spec[field], ['Cluster', 'Local'] as const, `spec.${field}`, report) ?? 'Cluster';
}

function healthCheckNodePortOf({ healthCheckNodePort: port }: Fields, report: Report): number | undefined {
  if (!isGiven(port) || port === 0) return undefined;
  if (isPort(port)) return port;
  report('spec.healthCheckNodePort', `${show(port)} is not an integer from 1 to 65535`);
  return undefined;
}

function affinityTimeoutOf(spec: Fields, report: Report): number | undefined {
  const affinity = oneOf(spec.sessionAffinity, ['None', 'ClientIP'] as const, 'spec.sessionAffinity', report);
  if (affinity !== 'ClientIP') return undefined;
  const { timeoutSeconds } = fieldsOf(fieldsOf(spec.sessionAffinityConfig).clientIP);
  if (!isGiven(timeoutSeconds)) return defaultAffinitySeconds;
  const isInRange =
    typeof timeoutSeconds === 'number' &&
    Number.isInteger(timeoutSeconds) &&
    timeoutSeconds >= 1 &&
    timeoutSeconds <= longestAffinitySeconds;
  if (isInRange) return timeoutSeconds;
  const expected = `not an integer from 1 to ${longestAffinitySeconds}; ${defaultAffinitySeconds} is used`;
  report('spec.sessionAffinityConfig.clientIP.timeoutSeconds', `${show(timeoutSeconds)} is ${expected}`);
  return defaultAffinitySeconds;
}

function drainOf(value: unknown, report: Report): DrainPolicy | undefined {
  if (!isGiven(value) || value === 'leave') return undefined;
  if (value === 'reset') return { kind: 'reset', afterMs: 0 };
  const afterMs = typeof value === 'string' ? goDurationMs(value) : undefined;
  if (afterMs !== undefined) return { kind: 'reset', afterMs };
  const expected = 'not leave, reset or a duration such as 30s or 1m30s (up to 596h); connections are left';
  report(`metadata.annotations[${drainAnnotation}]`, `${show(value)} is ${expected}`);
  return undefined;
}

/** undefined where the field is not set, and where it is wrong, which is a problem. */
function oneOf<const T extends string>(
  value: unknown,
  allowed: readonly T[],
  field: string,
  report: Report,
): T | undefined {
  if (!isGiven(value)) return undefined;
  const found = allowed.find((one) => one === value);
  if (found === undefined) {
    const others = allowed.slice(0, -1).join(', ');
    report(field, `${show(value)} is not ${others} or ${allowed.at(-1)}: as if it was not set`);
  }
  return found;
}

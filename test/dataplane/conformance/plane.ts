// dataplane/conformance/plane.ts: how the conformance tests get a data plane, whichever it is, and open listeners.
import type { Test } from 'tap';
import type { EndpointAddress } from '../../../lib/model/endpoint.js';
import type { IpFamily } from '../../../lib/model/ip.js';
import type { Protocol } from '../../../lib/model/service-port-name.js';
import type { DataPlane, Listener, ListenerConfig, ListenerSpec } from '../../../lib/proxier/data-plane.js';
import { within } from './waiting.js';

/** What every data plane can be told, in its own option's name; times in milliseconds. */
export interface PlaneOptions {
  readonly maxConnections?: number;
  readonly dialTimeoutMs?: number;
  readonly dialBudgetMs?: number;
  readonly halfClosedTimeoutMs?: number;
  readonly udpIdleTimeoutMs?: number;
}

/** A data plane with round robin and a set-aside time of 5 s. */
export type MakePlane = (options?: PlaneOptions) => DataPlane;

/** One that is closed, everything cut, when `t` ends. */
export function planeFor(t: Test, makePlane: MakePlane, options: PlaneOptions = {}): DataPlane {
  const plane = makePlane(options);
  t.teardown(() => within('the data plane closes', plane.close(0)));
  return plane;
}

export function specOf(protocol: Protocol, ipFamily: IpFamily = 'IPv4', name = 'web'): ListenerSpec {
  return {
    key: `default/${name}:p/${protocol}/${ipFamily}/internal`,
    servicePortName: { namespace: 'default', name, port: 'p', protocol },
    ipFamily,
    scope: 'Cluster',
  };
}

/** Of a listener that holds a nodePort. */
export function claimOf(protocol: Protocol, name = 'web'): ListenerSpec {
  const spec = specOf(protocol, 'IPv4', name);
  return { ...spec, key: `${spec.key} nodePort`, claim: true };
}

export function configOf(
  endpoints: readonly EndpointAddress[],
  replyAddresses: readonly string[] = [],
  parts: Partial<ListenerConfig> = {},
): ListenerConfig {
  return { endpoints, resting: [], drain: { kind: 'leave' }, replyAddresses, ...parts };
}

/** A data plane with one listener on any port. */
export async function listenerFor(
  t: Test,
  makePlane: MakePlane,
  protocol: 'TCP' | 'UDP',
  endpoints: readonly EndpointAddress[],
  options: PlaneOptions = {},
): Promise<{ readonly plane: DataPlane; readonly listener: Listener }> {
  const plane = planeFor(t, makePlane, options);
  const listener = await plane.open(specOf(protocol), configOf(endpoints), 0);
  return { plane, listener };
}

/** Sum of all failures, or of those that are not in `except`. */
export function failures(listener: Listener, except: readonly string[] = []): number {
  const entries = Object.entries(listener.counters().failed).filter(([reason]) => !except.includes(reason));
  return entries.reduce((sum, [, count]) => sum + count, 0);
}

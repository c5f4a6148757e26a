// proxier/proxy-events.ts: what of the proxier's life is told as Events, on the Node and on Services: at each sync it looks
// for what is new. Only words go out here; how many, and whether at all, is the EventRecorder's to say.
import { formatServicePortName } from '../model/service-port-name.js';
import type { Snapshot } from '../model/snapshot.js';
import type { Clock } from './clock.js';
import type { EventObject, EventRecorder, ProxyEvent } from './event-recorder.js';
import type { ProxierObserver, ProxierStatus, ServiceProblem, SyncReport } from './status.js';

export interface ProxyEventsOptions {
  readonly status: Pick<ProxierStatus, 'snapshot' | 'problems'>;
  readonly recorder: Pick<EventRecorder, 'record'>;
  readonly nodeName: string;
  readonly clock: Clock;
  /** Milliseconds that a Service has to be without endpoints before it is told. @default 60_000 */
  readonly noEndpointsAfterMs?: number;
}

/** Kept for as long as a ServicePort has none. */
interface Lack {
  readonly sinceMs: number;
  readonly isTold: boolean;
}

const reasons: Readonly<Record<NonNullable<ServiceProblem['kind']>, string>> = {
  'endpoint-refused': 'EndpointRefused',
  'no-listener': 'NoListener',
  nodePort: 'NodePortTaken',
};

export class ProxyEvents implements ProxierObserver {
  readonly #options: ProxyEventsOptions;
  readonly #node: EventObject;
  #problems: ReadonlySet<string> = new Set();
  #seen: readonly ServiceProblem[] | undefined;
  #lacks: ReadonlyMap<string, Lack> = new Map();

  constructor(options: ProxyEventsOptions) {
    this.#options = options;
    this.#node = { kind: 'Node', namespace: '', name: options.nodeName };
  }

  /** kube-proxy's birth cry. */
  starting(): void {
    this.#aboutNode('Normal', 'Starting', 'StartKubeProxy', 'Starting kube-portal.');
  }

  /** An HTTP server of the program has not got its address. */
  serverFailed(server: 'healthz' | 'metrics', error: Error): void {
    const reason = server === 'healthz' ? 'FailedToStartProxierHealthcheck' : 'FailedToStartMetricServer';
    this.#aboutNode('Warning', reason, 'StartKubeProxy', error.message);
  }

  healthCheckFailed(service: { readonly namespace: string; readonly name: string }, error: Error): void {
    const { namespace, name } = service;
    const note = `node ${this.#options.nodeName} failed to start the health check: ${error.message}`;
    this.#record({
      regarding: { kind: 'Service', namespace, name },
      type: 'Warning',
      reason: 'FailedToStartServiceHealthcheck',
      action: 'Listen',
      note,
    });
  }

  syncFinished({ failures }: Pick<SyncReport, 'failures'>): void {
    for (const { ipFamily, error } of failures) {
      const note = `the rules of ${ipFamily} could not be written: ${error.message}`;
      this.#aboutNode('Warning', 'RulesNotWritten', 'SyncRules', note);
    }
    this.#tellProblems(this.#options.status.problems());
    this.#tellLacks(this.#options.status.snapshot());
  }

  /** Each when it begins. */
  #tellProblems(problems: readonly ServiceProblem[]): void {
    if (problems === this.#seen) return;
    this.#seen = problems;
    const before = this.#problems;
    const now = new Set<string>();
    for (const problem of problems) {
      const key = `${problem.subject}\n${problem.message}`;
      now.add(key);
      const event = before.has(key) ? undefined : this.#problemEvent(problem);
      if (event !== undefined) this.#record(event);
    }
    this.#problems = now;
  }

  /** Undefined: of an object that people don't look at, and the log tells it. */
  #problemEvent({ subject, message, kind }: ServiceProblem): ProxyEvent | undefined {
    const regarding = this.#objectOf(subject);
    if (regarding === undefined) return undefined;
    const about = { regarding, type: 'Warning', action: 'Serve' } as const;
    if (kind === undefined) return { ...about, reason: 'NotServed', note: message, clusterWide: true };
    return { ...about, reason: reasons[kind], note: `node ${this.#options.nodeName}: ${message}` };
  }

  /** `Service ns/name`, `Node name` or a ServicePort's key. */
  #objectOf(subject: string): EventObject | undefined {
    const servicePort = this.#options.status.snapshot().servicePorts.get(subject);
    if (servicePort !== undefined) {
      const { namespace, name } = servicePort.name;
      return { kind: 'Service', namespace, name };
    }
    // An object that is not properly named (`?`) is none that the API has.
    const [, namespace, name] = /^Service ([^/?]+)\/([^/?]+)$/.exec(subject) ?? [];
    if (namespace !== undefined && name !== undefined) return { kind: 'Service', namespace, name };
    return subject === `Node ${this.#options.nodeName}` ? this.#node : undefined;
  }

  #tellLacks({ servicePorts, endpoints }: Snapshot): void {
    const { clock, noEndpointsAfterMs = 60_000 } = this.#options;
    const nowMs = clock.monotonic();
    const lacks = new Map<string, Lack>();
    for (const [key, { name, ipFamily }] of servicePorts) {
      if (endpoints.get(key)?.hasAny === true) continue;
      const { sinceMs, isTold } = this.#lacks.get(key) ?? { sinceMs: nowMs, isTold: false };
      const isDue = nowMs - sinceMs >= noEndpointsAfterMs;
      lacks.set(key, { sinceMs, isTold: isDue });
      if (!isDue || isTold) continue;
      const forSeconds = Math.round(noEndpointsAfterMs / 1000);
      this.#record({
        regarding: { kind: 'Service', namespace: name.namespace, name: name.name },
        type: 'Warning',
        reason: 'NoEndpoints',
        action: 'Serve',
        note: `${formatServicePortName(name)} has had no ${ipFamily} endpoint for ${forSeconds} s: clients are refused`,
        clusterWide: true,
      });
    }
    this.#lacks = lacks;
  }

  #aboutNode(type: ProxyEvent['type'], reason: string, action: string, note: string): void {
    this.#record({ regarding: this.#node, type, reason, action, note });
  }

  #record(event: ProxyEvent): void {
    this.#options.recorder.record(event);
  }
}

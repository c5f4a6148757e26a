// proxier/options.ts: what a Proxier is made of. compose/ fills it with the real edges, tests with their own.
import type { Model } from '../model/model.js';
import type { Clock } from './clock.js';
import type { Conntrack } from './conntrack.js';
import type { DataPlane } from './data-plane.js';
import type { HostNetwork } from './host-network.js';
import type { Log } from './log.js';
import type { PortRange } from './port-allocator.js';
import type { RuleApplier } from './rule-applier.js';
import type { SctpRelay } from './sctp-relay.js';
import type { ProxierSettings } from './settings.js';
import type { Source } from './source.js';
import type { ProxierObserver } from './status.js';

/** With the settings that it starts with. */
export interface ProxierOptions extends ProxierSettings {
  readonly source: Source;
  readonly model: Model;
  readonly dataPlane: DataPlane;
  readonly rules: RuleApplier;
  readonly conntrack: Conntrack;
  readonly host: HostNetwork;
  readonly observer: ProxierObserver;
  readonly clock: Clock;
  readonly log: Log;
  /** undefined: any free port, the kernel's choice. */
  readonly portRange: PortRange | undefined;
  /** Undefined: the data plane has none. */
  readonly sctpRelay?: SctpRelay | undefined;
  /** Milliseconds between two looks at our rules and the host's addresses. */
  readonly watchPeriodMs: number;
}

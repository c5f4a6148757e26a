// dataplane/sctp/options.ts: what the SCTP data plane can be told, and its defaults.
import { type Clock, systemClock } from '../../proxier/clock.js';
import { type Log, silentLog } from '../../proxier/log.js';
import { defaultRelayOptions, type PortRange, type RelayOptions } from './relay/options.js';

/** Of RelayOptions whatever is not the default. */
export interface SctpDataPlaneOptions extends Partial<RelayOptions> {
  readonly endpointSetAsideMs: number;
  /**
   * Where a listener finds its port that may have any.
   * @default 10000-19999, which is outside of the relay's ports, of the kernel's ephemeral ports and of node ports
   */
  readonly anyPorts?: PortRange;
  /** @default systemClock */
  readonly clock?: Clock;
  /** @default silentLog */
  readonly log?: Log;
  /**
   * The relay's thread has ended by a fault and its associations are lost; only a new process serves again.
   * @default throws, which ends the process unless somebody catches it
   */
  readonly died?: (error: unknown) => void;
  /** Checks that no descriptor is closed twice or by somebody else than its owner. For tests. @default false */
  readonly checkDescriptors?: boolean;
  /**
   * Ports at which the kernel's own SCTP listens: no listener gets one.
   * @default reads /proc/net/sctp/eps
   */
  readonly kernelPorts?: () => ReadonlySet<number>;
}

export interface ResolvedOptions {
  readonly relay: RelayOptions;
  readonly anyPorts: PortRange;
  readonly clock: Clock;
  readonly log: Log;
  readonly died: (error: unknown) => void;
  readonly checkDescriptors: boolean;
}

/** Throws RangeError where the numbers make no sense. */
export function resolveOptions(options: SctpDataPlaneOptions): ResolvedOptions {
  const { anyPorts, clock, log, died, checkDescriptors, kernelPorts: _, ...relay } = options;
  const resolved = {
    relay: { ...defaultRelayOptions, ...relay },
    anyPorts: anyPorts ?? { first: 10_000, last: 19_999 },
    clock: clock ?? systemClock,
    log: log ?? silentLog,
    died: died ?? rethrow,
    checkDescriptors: checkDescriptors ?? false,
  };
  const { first, last } = resolved.relay.relayPorts;
  if (!(first >= 1 && first <= last && last <= 65_535))
    throw new RangeError(`not a range of ports for the SCTP relay: ${first}-${last}`);
  return resolved;
}

function rethrow(error: unknown): never {
  throw new Error('the thread of the SCTP relay has ended', { cause: error });
}

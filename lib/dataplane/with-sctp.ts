// dataplane/with-sctp.ts: a data plane for TCP and UDP joined with the one for SCTP. Where SCTP can't be had its Services
// are reported as not supported, with the reason, and all else goes on.
import {
  type DataPlane,
  type DataPlaneTotals,
  ListenError,
  type Listener,
  type ListenerConfig,
  type ListenerSpec,
} from '../proxier/data-plane.js';
import type { SctpDataPlane, SctpTotals } from './sctp/data-plane.js';

export interface DataPlaneWithSctp extends DataPlane {
  /** Undefined: no SCTP listener was opened so far. */
  sctpTotals(): SctpTotals | undefined;
}

/** @param load makes the SCTP data plane, once one is needed; rejects where it can't be: koffi has to be loaded for it */
export function withSctp(plane: DataPlane, load: () => Promise<SctpDataPlane>): DataPlaneWithSctp {
  return new JoinedDataPlanes(plane, load);
}

class JoinedDataPlanes implements DataPlaneWithSctp {
  readonly kind: DataPlane['kind'];
  readonly #plane: DataPlane;
  readonly #load: () => Promise<SctpDataPlane>;
  #loading: Promise<SctpDataPlane> | undefined;
  #sctp: SctpDataPlane | undefined;
  #isClosing = false;

  constructor(plane: DataPlane, load: () => Promise<SctpDataPlane>) {
    this.kind = plane.kind;
    this.#plane = plane;
    this.#load = load;
  }

  async open(spec: ListenerSpec, config: ListenerConfig, port: number): Promise<Listener> {
    if (spec.servicePortName.protocol !== 'SCTP') return this.#plane.open(spec, config, port);
    if (this.#isClosing) throw new ListenError('other', `open ${spec.key}: the data plane is closed`);
    const sctp = await this.#loaded(spec);
    return sctp.open(spec, config, port);
  }

  async #loaded(spec: ListenerSpec): Promise<SctpDataPlane> {
    this.#loading ??= this.#load();
    try {
      this.#sctp = await this.#loading;
      return this.#sctp;
    } catch (cause) {
      const said = cause instanceof Error ? cause.message : String(cause);
      throw new ListenError('not-supported', `open ${spec.key}: the SCTP relay does not work here: ${said}`, {
        cause,
      });
    }
  }

  totals(): DataPlaneTotals {
    return this.#plane.totals();
  }

  sctpTotals(): SctpTotals | undefined {
    return this.#sctp?.sctpTotals();
  }

  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    const sctp = await this.#loading?.catch(() => undefined);
    await Promise.all([this.#plane.close(graceMs), sctp?.close(graceMs)]);
  }
}

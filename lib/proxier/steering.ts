// proxier/steering.ts: REDIRECT or DNAT, per IP family. REDIRECT sends a packet to the address of the interface it
// arrived on; the kernel drops it where that interface has none (Calico's). DNAT to a node address works there.
import type { IpFamily } from '../model/ip.js';
import type { Clock } from './clock.js';
import type { HostNetworkState } from './host-network.js';
import type { Steering } from './rule-applier.js';

export interface SteeringChooser {
  /** Call with each reading of the host. The same object again while nothing changes. */
  choose(host: HostNetworkState): Readonly<Record<IpFamily, Steering>>;
}

// An interface is without an address for a moment each time one is made; changing rewrites every portal rule. So a
// lack must last before it counts, and DNAT, which works everywhere, is kept for a while after the last such interface.
const lackCountsAfterMs = 800;
const backAfterMs = 60_000;

const redirect: Steering = { kind: 'redirect' };

interface FamilyState {
  lackSinceMs: number | undefined;
  lastLackMs: number;
  steering: Steering;
}

export function steeringChooser(clock: Clock): SteeringChooser {
  const initial = (): FamilyState => ({
    lackSinceMs: undefined,
    lastLackMs: Number.NEGATIVE_INFINITY,
    steering: redirect,
  });
  const states: Record<IpFamily, FamilyState> = { IPv4: initial(), IPv6: initial() };
  let first = true;
  let current: Readonly<Record<IpFamily, Steering>> = { IPv4: redirect, IPv6: redirect };

  function wanted(state: FamilyState, host: HostNetworkState, ipFamily: IpFamily): Steering {
    const nowMs = clock.monotonic();
    const lacking = host.withoutAddress[ipFamily].length > 0;
    const address = host.nodeAddress[ipFamily];
    if (lacking) {
      state.lackSinceMs ??= nowMs;
      state.lastLackMs = nowMs;
    } else {
      state.lackSinceMs = undefined;
    }
    // Without a node address there is nothing to lead to; REDIRECT still serves the interfaces that have one.
    if (address === undefined) return redirect;
    const lasted = state.lackSinceMs !== undefined && nowMs - state.lackSinceMs >= lackCountsAfterMs;
    const recent = state.steering.kind === 'dnat' && nowMs - state.lastLackMs < backAfterMs;
    if (!(lacking && first) && !lasted && !recent) return redirect;
    return state.steering.kind === 'dnat' && state.steering.to === address
      ? state.steering
      : { kind: 'dnat', to: address };
  }

  return {
    choose(host) {
      const IPv4 = wanted(states.IPv4, host, 'IPv4');
      const IPv6 = wanted(states.IPv6, host, 'IPv6');
      first = false;
      states.IPv4.steering = IPv4;
      states.IPv6.steering = IPv6;
      if (IPv4 !== current.IPv4 || IPv6 !== current.IPv6) current = { IPv4, IPv6 };
      return current;
    },
  };
}

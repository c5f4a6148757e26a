// proxier/rule-setting.ts: all that rules depend on besides the portals: the administrator's choices, as they come out on
// this host with the addresses that it has now.
import type { NodeFacts } from '../model/node-facts.js';
import type { Clock } from './clock.js';
import { type DetectLocalMode, detectLocalChooser } from './detect-local.js';
import type { HostNetworkState } from './host-network.js';
import { type NodePortAddresses, nodePortAddressChooser } from './node-port-addresses.js';
import type { DesiredRules } from './rule-applier.js';
import type { SctpRelay } from './sctp-relay.js';
import type { ProxierSettings } from './settings.js';
import { steeringChooser } from './steering.js';

export type RuleSetting = Omit<DesiredRules, 'portals' | 'proxyPorts'>;

export interface RuleSettingOptions {
  readonly clock: Clock;
  /** Undefined: the data plane has none. */
  readonly sctpRelay?: SctpRelay | undefined;
}

type Wanted = Pick<
  ProxierSettings,
  'nodePortAddresses' | 'localhostNodePorts' | 'detectLocal' | 'dropInvalid'
>;

/** Call with each reading of the host. The same object again, and the same objects in it, while nothing changes. */
export type RuleSettingChooser = (
  host: HostNetworkState,
  node: Pick<NodeFacts, 'podCIDRs'>,
  wanted: Wanted,
) => RuleSetting;

export function ruleSettingChooser({ clock, sctpRelay }: RuleSettingOptions): RuleSettingChooser {
  const steering = steeringChooser(clock);
  const detectLocalBy = renewed((mode: DetectLocalMode) => detectLocalChooser(mode));
  const addressesBy = renewed((wanted: NodePortAddresses) => nodePortAddressChooser(wanted));
  let last: RuleSetting | undefined;
  return (host, node, wanted) => {
    const { localhostNodePorts, dropInvalid } = wanted;
    const next: RuleSetting = {
      steering: steering.choose(host),
      detectLocal: detectLocalBy(wanted.detectLocal)(node),
      nodePortAddresses: addressesBy(wanted.nodePortAddresses)(host),
      localhostNodePorts,
      dropInvalid,
      ...(host.kernelSctp && sctpRelay && { sctpGuard: sctpRelay }),
    };
    const isSame =
      last?.steering === next.steering &&
      last.detectLocal === next.detectLocal &&
      last.nodePortAddresses === next.nodePortAddresses &&
      last.localhostNodePorts === localhostNodePorts &&
      last.dropInvalid === dropInvalid &&
      last.sctpGuard === next.sctpGuard;
    if (!isSame || last === undefined) last = next;
    return last;
  };
}

/** Made anew when what it is made for is another one. */
function renewed<Wish, Made>(make: (wish: Wish) => Made): (wish: Wish) => Made {
  let last: { readonly wish: Wish; readonly made: Made } | undefined;
  return (wish) => {
    if (last?.wish !== wish) last = { wish, made: make(wish) };
    return last.made;
  };
}

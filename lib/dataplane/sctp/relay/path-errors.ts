// dataplane/sctp/relay/path-errors.ts: what the relay does with ICMP errors about its packets. A refusal makes it try the
// next endpoint; "too big" is passed back to who sent the packet, in that one's own terms.
import type { IcmpError } from '../wire/icmp.js';
import type { Attempts } from './attempts.js';
import type { Flow } from './flow.js';
import type { FlowTable } from './flow-table.js';
import type { Leg } from './leg.js';
import type { Sender } from './sender.js';

export interface PathErrorParts {
  readonly table: FlowTable;
  readonly attempts: Attempts;
  readonly sender: Sender;
  readonly now: () => number;
}

export class PathErrors {
  readonly #parts: PathErrorParts;

  constructor(parts: PathErrorParts) {
    this.#parts = parts;
  }

  /** Believed only where the quoted packet carries a tag that a stranger can't know (RFC 9260, section 10). */
  receive(error: IcmpError): void {
    const { table, attempts, sender, now } = this.#parts;
    const leg = table.find(error.destination, error.destinationPort, error.source, error.sourcePort);
    if (leg === undefined || !isOurs(error, leg)) return;
    const { flow } = leg;
    if (error.kind === 'unreachable') {
      // A path that fails later is for the peers themselves to notice: errors may pass.
      if (leg === flow.endpoint && flow.state === 'half-open' && flow.handshake?.isAnswered === false)
        attempts.refused(flow);
      return;
    }
    const mtu = leg.mtu(now());
    if (mtu !== 0 && mtu < error.mtu) return;
    leg.learnMtu(error.mtu, now());
    const other = leg === flow.client ? flow.endpoint : flow.client;
    if (other === undefined) return;
    sender.tellTooBig(other, { tag: error.tag, length: error.payloadLength }, leg);
  }
}

function isOurs(error: IcmpError, leg: Leg<Flow>): boolean {
  const { flow } = leg;
  if (leg === flow.client) return flow.membershipFromEndpoint(error.tag, false) !== undefined;
  if (error.tag !== 0) return flow.membershipFromClient(error.tag, false) !== undefined;
  // An INIT of ours. Of a router that quotes too little nothing is lost: silence says the same a moment later.
  return error.initiateTag !== 0 && error.initiateTag === flow.handshake?.clientTag;
}

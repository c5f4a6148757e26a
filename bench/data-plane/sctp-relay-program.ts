// bench/data-plane/sctp-relay-program.ts: a program that is the SCTP relay and nothing else. Arguments: its listener's port,
// the endpoint's address and port. Asked over IPC how many packets it has relayed.
import { createSctpDataPlane, type SctpListenerCounters } from '../../lib/dataplane/sctp/data-plane.js';
import { listenerConfig } from '../shared/make-plane.js';
import { answerQuestions } from '../shared/program.js';

export type RelayCommand =
  /** Resolves once the listener is open. */
  | 'ready'
  /** Of both directions, so far. */
  | 'packets';

const [, , port, ip = '', endpointPort] = process.argv;
const plane = createSctpDataPlane({ endpointSetAsideMs: 5000 });
const opening = plane.open(
  {
    key: 'bench/sctp',
    servicePortName: { namespace: 'bench', name: 'sctp', port: 'p', protocol: 'SCTP' },
    ipFamily: 'IPv4',
    scope: 'Cluster',
  },
  listenerConfig([{ ip, port: Number(endpointPort) }]),
  Number(port),
);

answerQuestions<RelayCommand>(async (command) => {
  const listener = await opening;
  if (command === 'ready') return undefined;
  const { rxPackets, txPackets } = listener.counters() as SctpListenerCounters;
  return rxPackets + txPackets;
});

// cli/inquiry-flags.ts: the flags of the commands that look into a running process, one table per command. See flags.ts.
import type { FlagTable } from './flag.js';
import { adminSocket } from './flags.js';
import { boolean, nodeName, positiveDuration, text } from './value-kinds.js';

const json = {
  name: 'json',
  kind: boolean,
  default: 'false',
  group: 'Looking into a running process',
  meaning: 'Print JSON, whose shape does not change, in place of text.',
} as const;

export const explainFlags = {
  from: {
    name: 'from',
    kind: text('ip|external'),
    group: 'Looking into a running process',
    meaning:
      "Whose connections to explain: a pod's or another client's address, or external for any client outside the cluster.",
  },
  namespace: {
    name: 'namespace',
    short: 'n',
    kind: text('name'),
    defaultMeaning: "default, where the Service's name has none",
    group: 'Looking into a running process',
    meaning: 'The namespace of a Service that is named without one.',
  },
  probe: {
    name: 'probe',
    kind: boolean,
    default: 'true',
    group: 'Looking into a running process',
    meaning:
      'Ask the endpoints whether they answer: a TCP connection that is closed at once, an empty datagram, an SCTP handshake.',
  },
  manifests: {
    name: 'manifests',
    kind: text('path'),
    repeatable: true,
    group: 'Looking into a running process',
    meaning: 'Ask no process: say what a run with these manifests would do. Repeatable.',
  },
  hostnameOverride: {
    name: 'hostname-override',
    kind: nodeName,
    defaultMeaning: "the host's name",
    group: 'Looking into a running process',
    meaning: 'With --manifests: the name of the node that would serve.',
  },
  adminSocket,
  json,
} as const satisfies FlagTable;

export const statusFlags = { adminSocket, json } as const satisfies FlagTable;

export const topFlags = {
  intervalMs: {
    name: 'interval',
    kind: positiveDuration,
    default: '1s',
    group: 'Looking into a running process',
    meaning: 'Time between two pictures. Without a terminal one table is printed after it.',
  },
  adminSocket,
} as const satisfies FlagTable;

// compose/sctp-plane.ts: the data plane for SCTP that the flags ask for, made when the first listener for SCTP is opened:
// a node without such a Service loads no code for it, starts no thread and opens no raw socket.
import { readFileSync } from 'node:fs';
import type { RunOptions } from '../cli/options.js';
import type { SctpDataPlane } from '../dataplane/sctp/data-plane.js';
import type { PortRange } from '../proxier/port-allocator.js';
import type { DataPlaneParts } from './data-plane-parts.js';
import { listenerPorts, overlaps } from './sctp-ports.js';

const localPortRangePath = '/proc/sys/net/ipv4/ip_local_port_range';

/** Rejects where SCTP is switched off, or its code can't be loaded: koffi may have no binary for this machine. */
export async function loadSctpPlane(options: RunOptions, parts: DataPlaneParts): Promise<SctpDataPlane> {
  const { sctpRelay, sctpRelayPortRange: relayPorts } = options;
  if (sctpRelay === 'off') throw new Error('switched off by --sctp-relay=off');
  const { log } = parts;
  for (const overlap of overlaps(relayPorts, localPortRange())) {
    log.warn({ relayPorts }, `--sctp-relay-port-range overlaps ${overlap}`);
  }
  switch (sctpRelay) {
    case 'terminate':
      log.info(
        'SCTP associations are terminated here, by node-sctp in a child process (--sctp-relay=terminate)',
      );
      return terminator(options, parts);
    case 'packet':
      log.info({ relayPorts }, 'SCTP is relayed packet by packet, in a thread of its own');
      return packetRelay(options, parts);
  }
}

async function packetRelay(options: RunOptions, parts: DataPlaneParts): Promise<SctpDataPlane> {
  const { createSctpDataPlane } = await import('../dataplane/sctp/data-plane.js');
  return createSctpDataPlane({
    ...parts,
    ...sharedOptions(options),
    halfOpenTimeoutMs: options.sctpHandshakeTimeoutMs,
    maxHalfOpen: options.sctpMaxHalfOpen,
  });
}

async function terminator(
  options: RunOptions,
  { clock, log, firstTurn }: DataPlaneParts,
): Promise<SctpDataPlane> {
  const { createTerminatingSctpPlane } = await import('../dataplane/sctp-terminate/data-plane.js');
  return createTerminatingSctpPlane({
    clock,
    log,
    firstTurn,
    ...sharedOptions(options),
    dialBudgetMs: options.dialBudgetMs,
    trace: options.verbosity >= 5,
  });
}

function sharedOptions(options: RunOptions) {
  return {
    relayPorts: options.sctpRelayPortRange,
    anyPorts: listenerPorts(options.sctpRelayPortRange),
    tryTimeoutMs: options.dialTimeoutMs,
    idleTimeoutMs: options.sctpIdleTimeoutMs,
    maxFlows: options.sctpMaxAssociations,
    endpointSetAsideMs: options.endpointSetAsideMs,
  };
}

/** Undefined where /proc does not tell. */
function localPortRange(): PortRange | undefined {
  try {
    const [first, last] = readFileSync(localPortRangePath, 'utf8').trim().split(/\s+/).map(Number);
    return first === undefined || last === undefined ? undefined : { first, last };
  } catch {
    return undefined;
  }
}
